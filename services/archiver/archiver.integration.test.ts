import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ClickHouse, openClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import { clickhouseConfig } from '../../lib/clickhouse/config.ts';
import { migrate } from '../../lib/clickhouse/migrations.ts';
import type { ApiEndpoint, EnrichedRequest } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { PartitionLostError } from '../../lib/log/partition-lost.ts';
import { silentLogger } from '../../lib/observability/logger.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { blockVerdict } from '../../lib/verdict.test-fixture.ts';
import { archiverConfig } from './config.ts';
import { createInserter } from './inserter.ts';
import { startArchiver } from './main.ts';
import { createOwnership } from './ownership.ts';
import { enrichedRequest } from './request-event.test-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-archiver-'));
let clickhouse: ClickHouse;
beforeAll(async () => {
  clickhouse = await openClickHouse(clickhouseConfig.parse({}), { dataDir: folder });
  await migrate(clickhouse);
});
afterAll(async () => {
  await clickhouse.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const table of ['requests', 'verdict_revisions', 'campaign_revisions', 'dead_letter_log'])
    await clickhouse.command(`TRUNCATE TABLE ${table}`);
});

const context = (log: Log): ServiceContext => ({
  log,
  logger: silentLogger,
  metrics: createMetrics(),
  instance: 'test',
  secret: Buffer.alloc(32),
  checkpoints: {
    storeId: 'none',
    write: async () => {},
    read: async () => null,
    list: async () => [],
    delete: async () => {},
  },
  now: Date.now,
});
const config = archiverConfig.parse({ batch_rows: 1000, batch_interval: '20ms' });

async function send(log: Log, events: readonly EnrichedRequest[], partition = 0): Promise<void> {
  const producer = await log.producer('test');
  await producer.send(
    events.map((value) => ({
      topic: 'requests.enriched',
      key: null,
      partition,
      type: 'EnrichedRequest',
      value,
    })),
  );
}

const noon = Date.UTC(2026, 10, 20, 12);
const events = (from: number, to: number, at: (n: number) => number = (n) => noon + n): EnrichedRequest[] =>
  Array.from({ length: to - from }, (_, n) =>
    enrichedRequest({ source_offset: from + n, request: { timestamp: at(from + n) } }),
  );

async function counted(): Promise<{ rows: number; ids: number; generations: number }> {
  const [row] = await clickhouse.query<{ rows: number; ids: number; generations: number }>(
    'SELECT count() AS rows, uniqExact(topic_partition, topic_offset, event_id) AS ids, uniqExact(log_generation) AS generations FROM requests',
  );
  return row!;
}

test('requests arrive once, with values as they were', async () => {
  const log = createMemoryLog({ trafficPartitions: 2, encoded: true });
  const archiver = await startArchiver(context(log), config, clickhouse);
  const odd = `');--\n;\u0000 "quoted" \\ \u{1F600} ü`;
  await send(log, [
    enrichedRequest({ source_offset: 5, ip: '2001:db8:1:2::9', request: { path: odd, status: null } }),
    ...events(6, 2500),
  ]);
  await send(log, events(0, 10), 1);
  await archiver.stop();
  expect(await counted()).toEqual({ rows: 2505, ids: 2505, generations: 1 });
  const [row] = await clickhouse.query(
    "SELECT path, status, toString(client_ip) AS ip, toString(client_network) AS network, params, toString(param_hashes['sku']) AS hash, headers, asn, toUnixTimestamp64Milli(timestamp) AS at FROM requests WHERE topic_offset = 5 AND topic_partition = 0",
  );
  expect(row).toEqual({
    path: odd,
    status: null,
    ip: '2001:db8:1:2::9',
    network: '2001:db8:1::',
    params: { sku: 'A-1' },
    hash: '9223372036854775809',
    headers: { 'x-app': 'web' },
    asn: 3320,
    at: noon,
  });
  await log.close();
});

test('a log read again from the start adds nothing: the position is in the rows', async () => {
  const first = createMemoryLog({ trafficPartitions: 1 });
  const archiver = await startArchiver(context(first), config, clickhouse);
  await send(first, events(0, 1500));
  await archiver.stop();
  await first.close();
  // The same records again, as after lost group offsets, and more of them.
  const again = createMemoryLog({ trafficPartitions: 1 });
  const second = await startArchiver(context(again), config, clickhouse);
  await send(again, events(0, 2000));
  // An enricher that was killed sends what it had not committed once more.
  await send(again, events(1900, 2100));
  await second.stop();
  await again.close();
  expect(await counted()).toEqual({ rows: 2100, ids: 2100, generations: 1 });
});

test('two days mixed in one batch: a crash between their inserts loses and doubles nothing', async () => {
  const midnight = Date.UTC(2026, 10, 21);
  const mixed = events(0, 400, (n) => midnight + (n % 2 === 0 ? -1 : 1) * (n + 1));
  let inserts = 0;
  const crashing: ClickHouse = {
    ...clickhouse,
    insert: (table, rows, options) =>
      table === 'requests' && ++inserts === 2
        ? new Promise(() => {})
        : clickhouse.insert(table, rows, options),
  };
  const log = createMemoryLog({ trafficPartitions: 1 });
  await startArchiver(context(log), config, crashing);
  await send(log, mixed);
  await expect.poll(() => inserts, { timeout: 10_000 }).toBe(2);
  expect((await counted()).rows).toBe(200);
  const after = createMemoryLog({ trafficPartitions: 1 });
  const archiver = await startArchiver(context(after), config, clickhouse);
  await send(after, mixed);
  await archiver.stop();
  await after.close();
  expect(await counted()).toEqual({ rows: 400, ids: 400, generations: 1 });
});

test('an insert whose answer was lost is recognised when it is tried again', async () => {
  let lost = 0;
  const flaky: ClickHouse = {
    ...clickhouse,
    insert: async (table, rows, options) => {
      await clickhouse.insert(table, rows, options);
      if (table === 'requests' && lost++ < 2) throw new Error('socket hang up');
    },
  };
  const log = createMemoryLog({ trafficPartitions: 1 });
  const archiver = await startArchiver(context(log), config, flaky);
  await send(log, events(0, 300));
  await expect.poll(() => lost, { timeout: 10_000 }).toBe(3);
  await archiver.stop();
  await log.close();
  expect(await counted()).toEqual({ rows: 300, ids: 300, generations: 1 });
  const [minute] = await clickhouse.query(
    'SELECT sum(requests) AS n, sum(failures) AS f FROM traffic_minutes',
  );
  expect(minute).toEqual({ n: 300, f: 300 });
});

test('a log made anew is noticed: its records are kept although their offsets begin again', async () => {
  for (const shift of [0, 5000]) {
    const log = createMemoryLog({ trafficPartitions: 1 });
    const archiver = await startArchiver(context(log), config, clickhouse);
    await send(
      log,
      events(0, 200, (n) => noon + shift + n),
    );
    await archiver.stop();
    await log.close();
  }
  expect(await counted()).toEqual({ rows: 400, ids: 400, generations: 2 });
});

test('one value that ClickHouse refuses is set aside, its neighbours are stored', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const archiver = await startArchiver(context(log), config, clickhouse);
  const batch = events(0, 100);
  batch[37] = enrichedRequest({ source_offset: 37, asn: 1.5e300, request: { timestamp: noon } });
  await send(log, batch);
  await archiver.stop();
  await log.close();
  expect((await counted()).rows).toBe(99);
  const letters = await clickhouse.query<{ position: string; reason: string; step: string }>(
    'SELECT step, reason, position FROM dead_letters',
  );
  expect(letters).toEqual([{ step: 'archiver', reason: 'invalid', position: 'requests.enriched[0]@37' }]);
});

test('while ClickHouse is away the archiver waits, and says so', async () => {
  let away = true;
  const gone: ClickHouse = {
    ...clickhouse,
    insert: async (table, rows, options) => {
      if (away) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      return clickhouse.insert(table, rows, options);
    },
  };
  const log = createMemoryLog({ trafficPartitions: 1 });
  const archiver = await startArchiver(context(log), { ...config, not_ready_after: 100 }, gone);
  await send(log, events(0, 10));
  await expect
    .poll(() => archiver.notReady(), { timeout: 10_000 })
    .toMatch(/ClickHouse does not answer.*ECONNREFUSED/);
  away = false;
  await expect.poll(async () => (await counted()).rows, { timeout: 10_000 }).toBe(10);
  expect(archiver.notReady()).toBeNull();
  await archiver.stop();
  await log.close();
});

test('an insert in retry is given up when the partition goes to another instance', async () => {
  const away: ClickHouse = {
    ...clickhouse,
    insert: async () => {
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    },
  };
  const lost = async () => {
    throw new PartitionLostError('requests.enriched', 0);
  };
  const ownership = createOwnership();
  ownership.storing(0, lost);
  const inserter = createInserter({
    clickhouse: away,
    logger: silentLogger,
    metrics: createMetrics(),
    now: Date.now,
  });
  await expect(
    inserter.insert({
      table: 'requests',
      token: 't',
      ownership,
      rows: [{ row: {}, offset: 0, site: 'default' }],
      refused: async () => {},
    }),
  ).rejects.toThrow(/abort/i);
});

test('of a finding the newest revision is shown', async () => {
  const log = createMemoryLog({ trafficPartitions: 1, encoded: true });
  const archiver = await startArchiver(context(log), config, clickhouse);
  const producer = await log.producer('test');
  const verdict = (revision: number) =>
    blockVerdict('203.0.113.7', noon, {
      verdict_id: 'vrd_1',
      revision,
      updated_at: noon + revision,
      target: {
        kind: 'signature',
        value: 'ja4 in ["a"]',
        signature: {
          predicates: [{ attribute: 'ja4', op: 'in', values: ['a'] }],
          except_good: true,
          good_after: ['cart'],
        },
      },
      action: { kind: 'block', fallback: null, ttl_ms: 3_600_000, escalate_ms: [1, 2] },
      reason: `revision ${revision}`,
      evidence: [
        {
          name: 'failure ratio',
          observed: 0.96,
          normal_p50: 0.07,
          normal_p99: null,
          threshold: 0.5,
          ratio: 13.7,
          window_ms: 60_000,
          samples: 900,
          trust: null,
        },
      ],
      taxonomy: ['oat.oat-008'],
      sample_event_ids: ['evt_1'],
      inputs: [{ partition: 0, first: 1, last: 2 }],
      baseline_rung: 'endpoint',
    });
  for (const revision of [1, 3, 2])
    await producer.send([{ topic: 'verdicts', key: 'x', type: 'Verdict', value: verdict(revision) }]);
  await archiver.stop();
  await log.close();
  const rows = await clickhouse.query(
    'SELECT verdict_id, revision, reason, target_kind, target_except_good, target_good_after, evidence.name AS names, evidence.observed AS observed FROM verdicts',
  );
  expect(rows).toEqual([
    {
      verdict_id: 'vrd_1',
      revision: 3,
      reason: 'revision 3',
      target_kind: 'signature',
      target_except_good: true,
      target_good_after: ['cart'],
      names: ['failure ratio'],
      observed: [0.96],
    },
  ]);
});

test('the records of the inventory go to their tables; merged endpoints are not shown', async () => {
  const log = createMemoryLog({ trafficPartitions: 1, encoded: true });
  const archiver = await startArchiver(context(log), config, clickhouse);
  const producer = await log.producer('test');
  const endpoint = (id: string, revision: number, status: string): ApiEndpoint => ({
    endpoint_id: id,
    revision,
    updated_at: noon + revision,
    site: 'default',
    host: 'shop.example',
    endpoint: `GET /${id}`,
    function: 'inventory',
    status,
    documentation: null,
    operation_id: null,
    first_seen_at: status === 'unused' ? null : noon,
    established_at: null,
    last_seen_at: noon,
    requests: 10 * revision,
    succeeded: 1,
    failed: 0,
    missing: 0,
    clients: 3,
    client_class: 'browser',
    audience: 'public',
    params: ['sku', 'zip'],
    analogues: ['GET m.shop.example/stock'],
    family: status === 'merged' ? 'GET shop.example/{word}' : null,
  });
  const rows = [endpoint('a', 1, 'unused'), endpoint('a', 2, 'shadow'), endpoint('b', 1, 'merged')];
  await producer.send([
    ...rows.map((value) => ({
      topic: 'endpoints' as const,
      key: value.endpoint_id,
      type: 'ApiEndpoint' as const,
      value,
    })),
    {
      topic: 'endpoints',
      key: 'eal_1',
      type: 'EndpointAlias',
      value: {
        alias_id: 'eal_1',
        revision: 1,
        site: 'default',
        host: 'shop.example',
        family: 'GET /{word}',
        effective_from: noon,
        members: 40,
      },
    },
    {
      topic: 'endpoints',
      key: 'ntc_1',
      type: 'EndpointNotice',
      value: {
        notice_id: 'ntc_1',
        at: noon,
        site: 'default',
        kind: 'undocumented',
        level: 'medium',
        endpoint_id: 'a',
        host: 'shop.example',
        endpoint: 'GET /a',
        function: 'inventory',
        first_seen_at: noon,
        requests: 3,
        clients: 3,
        endpoints: 1,
        reason: 'GET shop.example/a answers and stands in no document.',
      },
    },
  ]);
  await archiver.stop();
  await log.close();
  expect(
    await clickhouse.query('SELECT endpoint_id, status, requests, params, analogues FROM endpoints'),
  ).toEqual([
    {
      endpoint_id: 'a',
      status: 'shadow',
      requests: 20,
      params: ['sku', 'zip'],
      analogues: ['GET m.shop.example/stock'],
    },
  ]);
  expect(await clickhouse.query('SELECT family, members FROM endpoint_aliases')).toEqual([
    { family: 'GET /{word}', members: 40 },
  ]);
  expect(await clickhouse.query('SELECT kind, reason FROM endpoint_notices')).toHaveLength(1);
});
