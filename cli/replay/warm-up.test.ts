import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { formatConfig } from '../../services/collector/config.ts';
import { inspectInputs } from './inspect-inputs.ts';
import { chooseWarmUp } from './warm-up.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-warm-up-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const begin = Date.UTC(2026, 10, 16, 10);
const day = 86_400_000;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
function line(at: number): string {
  const [date, time] = new Date(at).toISOString().slice(0, 19).split('T') as [string, string];
  const [year, month, dayOfMonth] = date.split('-') as [string, string, string];
  return `203.0.113.9 - - [${dayOfMonth}/${months[Number(month) - 1]}/${year}:${time} +0000] "GET /p/1 HTTP/1.1" 200 512 "-" "Mozilla/5.0"`;
}
/** A line a second, for so many minutes. */
const minutes = (length: number, from = begin): string[] =>
  Array.from({ length: length * 60 }, (_, second) => line(from + second * 1000));

let made = 0;
async function warmUp(contents: readonly (string | Buffer)[], wish: number | 'auto' = 'auto') {
  const paths = contents.map((content) => {
    const path = join(folder, `${++made}.log`);
    writeFileSync(path, content);
    return path;
  });
  return chooseWarmUp(wish, (await inspectInputs(paths, formatConfig.parse({}))).files);
}
const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
/** A seventh of eleven minutes, to what the ends are blurred by. */
const expectSeventh = (ms: number) => expect(Math.abs(ms - 94_000)).toBeLessThanOrEqual(2000);

describe('warm-up', () => {
  it('is a seventh of the log, compressed or not, in one file or in several', async () => {
    const lines = minutes(11);
    const whole = await warmUp([text(lines)]);
    expectSeventh(whole.ms);
    expect(whole).toMatchObject({ startAt: begin + 4000, assumed: false });
    expect(await warmUp([gzipSync(text(lines))])).toEqual(whole);
    expect(await warmUp([text(lines.slice(0, 200)), gzipSync(text(lines.slice(200)))])).toEqual(whole);
    expect(await warmUp([text(lines), '', '\n\n'])).toEqual(whole);
    expect((await warmUp([text(minutes(11 * 60))])).ms).toBeGreaterThan(90 * 60_000);
  });

  it('is not moved by a few odd lines at the ends', async () => {
    for (const far of [-400 * day, 400 * day, day]) {
      const odd = [line(begin + far), line(begin + far + 5000)];
      expectSeventh((await warmUp([text([...odd, ...minutes(11)])])).ms);
      const behind = await warmUp([text([...minutes(11), ...odd])]);
      expectSeventh(behind.ms);
      expect(behind.startAt).toBe(begin + 4000);
    }
    expectSeventh((await warmUp([text([...minutes(11), 'not a line', ''])])).ms);
  });

  it('is what was asked for, and of a compressed file that ends early as long as what can be read', async () => {
    expect(await warmUp([text(minutes(2))], 5000)).toEqual({
      startAt: begin + 4000,
      ms: 5000,
      assumed: false,
    });
    const packed = gzipSync(text(minutes(11)));
    const cut = await warmUp([packed.subarray(0, packed.length - 6)]);
    expectSeventh(cut.ms);
  });
});
