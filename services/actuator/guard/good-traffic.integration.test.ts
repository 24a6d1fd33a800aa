import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClickHouse, openClickHouse } from '../../../lib/clickhouse/clickhouse.ts';
import { clickhouseConfig } from '../../../lib/clickhouse/config.ts';
import { migrate } from '../../../lib/clickhouse/migrations.ts';
import { silentLogger } from '../../../lib/observability/logger.ts';
import { canonicalSignature } from '../../../lib/signature/signature.ts';
import type { Entry } from '../edge.ts';
import { openGoodTraffic } from './good-traffic.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-good-'));
const at = Date.UTC(2026, 10, 25, 12);
let clickhouse: ClickHouse;

interface Visit {
  readonly ip: string;
  readonly endpoint: string;
  readonly minute: number;
  readonly outcome: string;
  readonly userAgent?: string;
}
const visits: Visit[] = [];
/** Somebody who came, looked around, and came back. */
for (let minute = 0; minute < 40; minute += 10)
  visits.push({ ip: '203.0.113.7', endpoint: `GET /${minute}`, minute, outcome: 'success' });
/** A sprayer: busy for as long, but hardly ever successful. */
for (let minute = 0; minute < 40; minute++)
  visits.push({
    ip: '203.0.113.8',
    endpoint: `GET /${minute % 5}`,
    minute,
    outcome: minute < 3 ? 'success' : 'failure',
  });
/** A crowd that has just arrived. */
for (let host = 0; host < 20; host++)
  visits.push({ ip: `198.51.100.${host}`, endpoint: 'POST /pay', minute: 59, outcome: 'success' });

beforeAll(async () => {
  clickhouse = await openClickHouse(clickhouseConfig.parse({}), { dataDir: folder });
  await migrate(clickhouse);
  await clickhouse.insert(
    'requests',
    visits.map(({ ip, endpoint, minute, outcome }, index) => ({
      site: 'default',
      endpoint,
      timestamp: at - 3_600_000 + minute * 60_000,
      event_id: `evt_${index}`,
      received_at: at,
      client_network: '::',
      client_ip: `::ffff:${ip}`,
      outcome,
      user_agent: 'browser',
      topic_offset: index,
    })),
    { token: 'good' },
  );
}, 60_000);
afterAll(async () => {
  await clickhouse?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('good traffic is what clients with a history sent; rules are counted on it alone', async () => {
  const traffic = openGoodTraffic(
    clickhouse,
    { windowMs: 6 * 3_600_000, refreshMs: 60_000, maxClients: 100 },
    { now: () => at, logger: silentLogger },
  );
  const known = new Promise<void>((resolve) => traffic.onChange(resolve));
  traffic.requests();
  await known;
  expect(traffic.requests()).toBe(4);
  const entry = (kind: Entry['kind'], value: string, target: Entry['target']) =>
    ({ key: `${kind}|${value}`, kind, value, target }) as Entry;
  const network = entry('ip4', '203.0.113.0/24', { kind: 'cidr', value: '203.0.113.0/24', signature: null });
  expect(traffic.hits(network)).toBe(4);
  const signature = {
    predicates: [{ attribute: 'endpoint', op: 'in', values: ['GET /10', 'GET /1'] }],
    except_good: false,
    good_after: [],
  };
  const value = canonicalSignature(signature);
  const rule = entry('signature', value, { kind: 'signature', value, signature });
  const counted = new Promise<void>((resolve) => traffic.onChange(resolve));
  expect(traffic.hits(rule)).toBeNull();
  await counted;
  expect(traffic.hits(rule)).toBe(1);
  await traffic.close();
}, 60_000);
