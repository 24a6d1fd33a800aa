import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inPackage } from '../package-root.ts';
import { type ClickHouse, openClickHouse } from './clickhouse.ts';
import { clickhouseConfig } from './config.ts';
import { ClickHouseLockedError, failureOf } from './errors.ts';
import { migrate, readMigrations } from './migrations.ts';
import { applyRetention } from './retention.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-clickhouse-'));
const config = clickhouseConfig.parse({});
let clickhouse: ClickHouse;
beforeAll(async () => {
  clickhouse = await openClickHouse(config, { dataDir: join(folder, 'data') });
});
afterAll(async () => {
  await clickhouse.close();
  rmSync(folder, { recursive: true, force: true });
});

test('migrations are applied once, in order; a changed or unknown one is refused', async () => {
  const names = readMigrations().map((migration) => migration.name);
  expect(names.length).toBeGreaterThan(2);
  expect(await migrate(clickhouse)).toEqual(names);
  expect(await migrate(clickhouse)).toEqual([]);
  const changed = readMigrations().map((migration, index) =>
    index === 1 ? { ...migration, checksum: 'other' } : migration,
  );
  await expect(migrate(clickhouse, changed)).rejects.toThrow(/0002_findings was changed/);
  await expect(migrate(clickhouse, readMigrations().slice(0, 1))).rejects.toThrow(/newer Tidegate/);
});

test('a full address is forgotten before its row, at the times the configuration says', async () => {
  const ttl = async (): Promise<string> => {
    const [row] = await clickhouse.query<{ ddl: string }>(
      "SELECT create_table_query AS ddl FROM system.tables WHERE database = 'tidegate' AND name = 'requests'",
    );
    return row!.ddl;
  };
  expect(await applyRetention(clickhouse, config.retention)).toEqual([]);
  const week = { ...config.retention, client_addresses: 7 * 86_400_000, requests: 30 * 86_400_000 };
  expect(await applyRetention(clickhouse, week)).toEqual(['client_addresses', 'requests']);
  expect(await applyRetention(clickhouse, week)).toEqual([]);
  expect(await ttl()).toMatch(
    /DEFAULT client_network TTL toDateTime\(timestamp\) \+ toIntervalSecond\(604800\)/,
  );
  expect(await ttl()).toMatch(/TTL toDateTime\(timestamp\) \+ toIntervalSecond\(2592000\)/);
  const row = (offset: number, ageDays: number) => ({
    site: 'default',
    endpoint: 'GET /',
    timestamp: Date.now() - ageDays * 86_400_000,
    event_id: `evt_${offset}`,
    client_network: '203.0.113.0',
    client_ip: '203.0.113.9',
    end_user_ip: '198.51.100.1',
    topic_partition: 9,
    topic_offset: offset,
  });
  for (const [offset, age] of [
    [1, 1],
    [2, 8],
    [3, 40],
  ] as const)
    await clickhouse.insert('requests', [row(offset, age)], { token: `ttl-${offset}` });
  await clickhouse.command('OPTIMIZE TABLE requests FINAL');
  const kept = await clickhouse.query(
    "SELECT event_id, replaceOne(toString(client_ip), '::ffff:', '') AS ip, end_user_ip IS NULL AS forgotten FROM requests ORDER BY topic_offset",
  );
  expect(kept).toEqual([
    { event_id: 'evt_1', ip: '203.0.113.9', forgotten: 0 },
    { event_id: 'evt_2', ip: '203.0.113.0', forgotten: 1 },
  ]);
  expect(await applyRetention(clickhouse, config.retention)).toHaveLength(2);
  await clickhouse.command('TRUNCATE TABLE requests');
});

test('a token does not outlive its insert, and limits of people do not reach other readers', async () => {
  await clickhouse.command(
    'CREATE OR REPLACE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 10',
  );
  await clickhouse.insert('t', [{ a: 1 }], { token: 'x' });
  await clickhouse.insert('t', [{ a: 1 }], { token: 'x' });
  await clickhouse.command('INSERT INTO t SELECT 2');
  await clickhouse.command('INSERT INTO t SELECT 3');
  await clickhouse.untrusted('SELECT 1');
  await clickhouse.insert('t', [{ a: 4 }], { token: 'y' });
  expect(await clickhouse.query('SELECT a FROM t ORDER BY a')).toEqual([
    { a: 1 },
    { a: 2 },
    { a: 3 },
    { a: 4 },
  ]);
  await clickhouse.command('DROP TABLE t');
});

test('failures say who is at fault', async () => {
  const insert = clickhouse.insert('schema_migrations', [{ applied_at: 'soon' }], { token: 'bad' });
  expect(failureOf(await insert.catch((error: unknown) => error))).toBe('rows');
  expect(
    failureOf(await clickhouse.query('SELECT nothing FROM nowhere').catch((error: unknown) => error)),
  ).toBe('query');
  expect(failureOf(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))).toBe('unavailable');
});

test('a data directory in use is refused with the process that has it', async () => {
  const other = join(folder, 'other');
  const child = spawn(
    process.execPath,
    [
      '-e',
      `const { createChdbConnection } = require('chdb/connection');
       const connection = createChdbConnection({ path: ${JSON.stringify(other)} });
       console.log('open');
       process.stdin.resume();`,
    ],
    { cwd: inPackage(), stdio: ['pipe', 'pipe', 'ignore'] },
  );
  await once(child.stdout, 'data');
  // One directory per process: the engine of this one holds `folder/data`, so a process of its own has to try.
  const probe = spawn(
    process.execPath,
    ['-e', `require('chdb/connection').createChdbConnection({ path: ${JSON.stringify(other)} })`],
    { cwd: inPackage(), stdio: 'ignore' },
  );
  const [code] = await once(probe, 'exit');
  expect(code).not.toBe(0);
  expect(readFileSync(join(other, 'status'), 'utf8')).toContain(`PID: ${child.pid}`);
  const error = await openClickHouse(config, { dataDir: other }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ClickHouseLockedError);
  expect((error as ClickHouseLockedError).pid).toBe(child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('the examples of docs/howto/sql.md run', async () => {
  const text = readFileSync(inPackage('docs', 'howto', 'sql.md'), 'utf8');
  const examples = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map((match) => match[1]!);
  expect(examples.length).toBeGreaterThan(8);
  for (const example of examples)
    expect((await clickhouse.untrusted(example)).columns.length, example).toBeGreaterThan(0);
});
