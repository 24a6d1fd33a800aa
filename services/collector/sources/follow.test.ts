import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collectorConfig } from '../config.ts';
import { type RunningCollector, startCollector } from '../main.ts';
import { eventsOf, testContext, ticksOf } from '../test-context.test-suite.ts';

let folder = '';
let path = '';
let wall = 0;
let context = testContext();
let collector: RunningCollector | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-follow-'));
  path = join(folder, 'access.log');
  wall = Date.UTC(2026, 10, 16, 10);
  context = testContext({ now: () => wall });
});
afterEach(async () => {
  await collector?.stop();
  collector = undefined;
  await rm(folder, { recursive: true });
});

async function start(format = 'combined'): Promise<void> {
  const config = collectorConfig.parse({
    http: { enabled: false },
    files: [{ id: 'web', path, format, from: 'start' }],
  });
  collector = await startCollector(context, config);
}

const line = (name: string): string => {
  const at = new Date(wall).toISOString();
  return `203.0.113.9 - - [16/Nov/2026:${at.slice(11, 19)} +0000] "GET /${name} HTTP/1.1" 200 5 "-" "ua"\n`;
};
const paths = async (): Promise<string[]> =>
  (await eventsOf(context.log)).map((event) => event.path.slice(1)).sort();
const see = async (...expected: string[]): Promise<void> => {
  await expect.poll(paths, { timeout: 15_000 }).toEqual(expected.sort());
};

test('a file that does not exist yet, grows, and has a line half written', async () => {
  await start();
  await writeFile(path, line('aa'));
  await see('aa');
  await appendFile(path, line('bb').slice(0, 30));
  await appendFile(path, `${line('bb').slice(30)}${line('cc')}`);
  await see('aa', 'bb', 'cc');
});

test('rotation by rename: the rest of the old file, then the new one', async () => {
  await writeFile(path, line('aa'));
  await start();
  await see('aa');
  await rename(path, `${path}.1`);
  await writeFile(path, line('cc'));
  await appendFile(`${path}.1`, line('bb'));
  await see('aa', 'bb', 'cc');
});

test('rotation by copytruncate, also when the file has grown again at once', async () => {
  await writeFile(path, line('aa') + line('bb'));
  await start();
  await see('aa', 'bb');
  await truncate(path, 0);
  wall += 1000;
  await writeFile(path, line('cc') + line('dd') + line('ee'));
  await see('aa', 'bb', 'cc', 'dd', 'ee');
});

test('a restart goes on where it stopped, through a rotation in between', async () => {
  await writeFile(path, line('aa'));
  await start();
  await see('aa');
  await collector?.stop();
  wall += 60_000;
  await appendFile(path, line('bb'));
  await rename(path, `${path}.1`);
  await writeFile(path, line('cc'));
  await start();
  await see('aa', 'bb', 'cc');
});

test('time goes on while the file is quiet, and a quiet night is no leap', async () => {
  await writeFile(path, line('aa'));
  await start();
  await see('aa');
  wall += 3_600_000;
  await expect.poll(async () => (await ticksOf(context.log, 0)).at(-1)?.time).toBe(wall);
  await appendFile(path, line('bb'));
  await see('aa', 'bb');
});

describe('CloudFront names its columns in the file', () => {
  const head = (fields: string): string => `#Version: 1.0\n#Fields: date time c-ip ${fields}\n`;
  const row = (...values: string[]): string =>
    `${['2026-11-16', new Date(wall).toISOString().slice(11, 19), '203.0.113.9', ...values].join('\t')}\n`;

  test.each(['cloudfront', 'auto'])('at first, later on and after a rotation (%s)', async (format) => {
    await writeFile(path, head('cs-method cs-uri-stem'));
    await start(format);
    await appendFile(path, row('GET', '/aa'));
    await see('aa');
    await appendFile(path, head('cs-uri-stem cs-method') + row('/bb', 'GET'));
    await see('aa', 'bb');
    await rename(path, `${path}.1`);
    await writeFile(path, head('cs-method cs-uri-stem') + row('GET', '/cc'));
    await see('aa', 'bb', 'cc');
  });

  test('before the place where a restart goes on', async () => {
    await writeFile(path, head('cs-method cs-uri-stem') + row('GET', '/aa') + head('cs-uri-stem cs-method'));
    await start('cloudfront');
    await see('aa');
    await collector?.stop();
    await appendFile(path, row('/bb', 'GET'));
    await start('cloudfront');
    await see('aa', 'bb');
  });
});
