import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openClickHouse } from '../lib/clickhouse/clickhouse.ts';
import { clickhouseConfig } from '../lib/clickhouse/config.ts';
import { migrate } from '../lib/clickhouse/migrations.ts';
import { addressTarget, makeCommand } from '../lib/command.ts';
import { allowCommandsSql, commandFromRow } from '../services/actuator/command-rows.ts';
import { createCommandBook } from '../services/actuator/decider/command-book.ts';
import { commandRow } from '../services/archiver/finding-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-allowlist-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the newest archived command about a target counts, however many came before', async () => {
  const clickhouse = await openClickHouse(clickhouseConfig.parse({}), {
    dataDir: join(folder, 'clickhouse'),
  });
  try {
    await migrate(clickhouse);
    const from = Date.UTC(2026, 10, 16);
    const say = (kind: 'allow' | 'disallow', value: string, minute: number) =>
      commandRow(
        makeCommand({
          kind,
          site: 'default',
          target: addressTarget(value),
          reason: 'renewed',
          who: 'ada',
          at: from + minute * 60_000,
        }),
      );
    const renewals = Array.from({ length: 10_001 }, (_, minute) => say('allow', '203.0.113.7', minute));
    const last = [say('disallow', '203.0.113.7', 20_000), say('allow', '203.0.113.8', 20_001)];
    await clickhouse.insert('command_log', [...renewals, ...last], { token: 'commands' });
    const book = createCommandBook();
    const { rows } = await clickhouse.untrusted(allowCommandsSql);
    for (const row of rows) book.apply(commandFromRow(row));
    expect(book.allowed()).toMatchObject([
      { target: { kind: 'ip', value: '203.0.113.8' }, covers: 'address', untilAt: expect.any(Number) },
    ]);
  } finally {
    await clickhouse.close();
  }
});
