import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtCommand } from '../../lib/built-command.ts';
import { logConfig } from '../../lib/log/config.ts';
import { openLog } from '../../lib/log/open.ts';
import { inPackage } from '../../lib/package-root.ts';
import { localKafkaMissing, startTestKafka } from '../../test/counterparts/kafka.ts';

const missing = await localKafkaMissing();

describe.skipIf(missing !== null)('policies are published through Kafka', () => {
  let kafka: Awaited<ReturnType<typeof startTestKafka>>;
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-publish-test-'));
  const file = join(folder, 'policies', 'surge-observed.yaml');
  beforeAll(async () => {
    kafka = await startTestKafka();
    const log = await openLog(logConfig.parse({ brokers: kafka.brokers }));
    await log.ensureTopics();
    await log.close();
    cpSync(inPackage('policies'), join(folder, 'policies'), { recursive: true });
    writeFileSync(
      join(folder, 'tidegate.yaml'),
      `log: { brokers: [${kafka.brokers.join(', ')}] }\nsecret: ${'s'.repeat(32)}\n`,
    );
  });
  afterAll(async () => {
    await kafka?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function tidegate(...args: string[]): Promise<{ code: number; out: string; error: string }> {
    const all = [...builtCommand(), '--config', join(folder, 'tidegate.yaml'), 'policies', ...args];
    return promisify(execFile)(process.execPath, all).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, error: stderr }),
      ({ code, stdout, stderr }) => ({ code, out: stdout, error: stderr }),
    );
  }

  test('checked, compared, published, listed and taken back', async () => {
    const policies = join(folder, 'policies');
    const because = ['--reason', 'test'];
    const first = JSON.parse((await tidegate('apply', policies, ...because, '--json')).out);
    expect(first).toMatchObject({ published: true, replaces: null, changes: [] });

    writeFileSync(file, readFileSync(file, 'utf8').replace(/^level: .*/m, 'level: low'));
    const dry = await tidegate('apply', policies, ...because, '--dry-run', '--exit-code');
    expect(dry).toMatchObject({ code: 1, out: expect.stringContaining('level: "informational" -> "low"') });
    const second = JSON.parse((await tidegate('apply', policies, ...because, '--json')).out);
    expect(second).toMatchObject({ published: true, replaces: first.set_id });
    expect((await tidegate('apply', policies, ...because)).out).toContain('nothing to publish');

    writeFileSync(file, readFileSync(file, 'utf8').replace('level: low', 'level: loud'));
    const refused = await tidegate('apply', policies, ...because);
    expect(refused).toMatchObject({
      code: 2,
      error: expect.stringMatching(/surge-observed\.yaml:\d+:\d+: .*level/),
    });

    const back = JSON.parse((await tidegate('rollback', first.set_id, ...because, '--json')).out);
    expect(back).toMatchObject({ published: true, replaces: second.set_id, set_hash: first.set_hash });
    const history = JSON.parse((await tidegate('history', '--json')).out);
    expect(history.map(({ set, state }: { set: string; state: string }) => [set, state])).toEqual([
      [first.set_id, 'scheduled'],
      [second.set_id, 'scheduled'],
      [back.set_id, 'scheduled'],
    ]);
    expect((await tidegate('show', second.set_id)).out).toContain('level: low');
  });
});
