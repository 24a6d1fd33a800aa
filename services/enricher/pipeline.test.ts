import { describe, expect, test } from 'vitest';
import type { EnrichedRequest, RequestEvent, Tick } from '../../lib/contracts/generated.ts';
import { lanes } from '../../lib/hash/lanes.ts';
import { sipHash64, sipKey } from '../../lib/hash/siphash.ts';
import { parseIp } from '../../lib/ip.ts';
import type { Outgoing } from '../../lib/log/log.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { silentLogger } from '../../lib/observability/logger.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import { inPackage } from '../../lib/package-root.ts';
import { redactPath } from '../../lib/path/redact.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { enricherConfig } from './config.ts';
import { startEnricher } from './main.ts';

const secret = Buffer.alloc(32, 9);
const hash = (value: string): Buffer => sipHash64(sipKey(secret), value);
const timestamp = Date.parse('2026-11-01T10:00:00Z');

function event(change: Partial<RequestEvent> = {}): RequestEvent {
  return {
    event_id: `evt_${Math.random()}`,
    site: 'default',
    source_id: 'test',
    received_at: timestamp,
    timestamp,
    client_ip: parseIp('8.8.8.8')!,
    method: 'GET',
    host: 'api.example.com',
    path: redactPath('/stores/12345/stock', hash),
    params: [],
    status: 200,
    outcome: 'unknown',
    request_bytes: null,
    response_bytes: null,
    duration_ms: null,
    user_agent: null,
    referer: null,
    accept_language: null,
    http_version: null,
    tls_version: null,
    ja3: null,
    ja4: null,
    session_id: null,
    account_id: null,
    partner_id: null,
    api_key_id: null,
    end_user_ip: null,
    operation: null,
    cookie_count: null,
    set_cookie_count: null,
    headers: {},
    edge_action: null,
    request_id: null,
    sample_rate: null,
    extra: {},
    ...change,
  };
}

const tick = (time: number): Tick => ({
  site: 'default',
  collector_id: 'c',
  source_class: 'live',
  time,
  watermark_at: time,
  closing: false,
});

/** The crawlers of Google are all these tests need of the data. */
const light = {
  starter: false,
  data_sets: [
    { path: inPackage('data', 'lists', 'googlebot.txt'), class: 'crawler', operator: 'Google' },
    inPackage('test', 'fixtures', 'enrichment', 'maxmind', 'GeoLite2-ASN-Test.mmdb'),
  ],
};

type Enriched = { readonly offset: number; readonly partition: number } & (
  | { readonly type: 'EnrichedRequest'; readonly value: EnrichedRequest }
  | { readonly type: 'Tick'; readonly value: Tick }
);

/** Runs the service over the records, in the log with Avro in between, and answers what stands in requests.enriched. */
async function enrich(
  records: readonly Outgoing<'requests.raw'>[],
  config: unknown = light,
): Promise<Enriched[]> {
  const log = createMemoryLog({ trafficPartitions: 4, encoded: true });
  const context: ServiceContext = {
    log,
    logger: silentLogger,
    metrics: createMetrics(),
    instance: 'test',
    secret,
    checkpoints: {
      storeId: 'none',
      write: async () => {},
      read: async () => null,
      list: async () => [],
      delete: async () => {},
    },
    now: () => timestamp,
  };
  const service = await startEnricher(context, enricherConfig.parse(config));
  const producer = await log.producer('test');
  await producer.send(records);
  const found: Enriched[] = [];
  let enough = () => {};
  const all = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const tail = await log.tail({
    topic: 'requests.enriched',
    from: 'earliest',
    onBatch: (batch) => {
      for (const record of batch.records)
        found.push({ ...record, offset: record.offset, partition: batch.partition } as Enriched);
      if (found.length >= records.length) enough();
    },
  });
  await all;
  await tail.close();
  await producer.close();
  expect(service.notReady()).toBeNull();
  await service.stop();
  await service.stop();
  await service.done;
  await log.close();
  return found;
}

const raw = (value: RequestEvent, partition = 0): Outgoing<'requests.raw'> => ({
  topic: 'requests.raw',
  key: 'default|8.8.8',
  partition,
  type: 'RequestEvent',
  value,
});
const one = async (change: Partial<RequestEvent>, config: unknown = light): Promise<EnrichedRequest> => {
  const [record] = await enrich([raw(event(change))], config);
  return record!.value as EnrichedRequest;
};

test('every record and tick on its own partition, in order', async () => {
  const sent: Outgoing<'requests.raw'>[] = [];
  for (let n = 0; n < 200; n++) {
    sent.push(raw(event({ event_id: `e${n}` }), n % 4));
    if (n % 5 === 0)
      sent.push({ topic: 'requests.raw', key: null, partition: n % 4, type: 'Tick', value: tick(n) });
  }
  const got = await enrich(sent, { starter: false });
  const label = (record: { type: string; value: unknown }): string =>
    record.type === 'Tick'
      ? `tick ${(record.value as Tick).time}`
      : ((record.value as EnrichedRequest).request ?? (record.value as RequestEvent)).event_id;
  for (let partition = 0; partition < 4; partition++) {
    const here = got.filter((record) => record.partition === partition);
    expect(here.map(label)).toEqual(sent.filter((record) => record.partition === partition).map(label));
    const offsets = here.flatMap((record) => (record.type === 'Tick' ? [] : [record.value.source_offset]));
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  }
});

describe('one request', () => {
  test('carries what the data sets say', async () => {
    const enriched = await one({
      client_ip: parseIp('66.249.66.1')!,
      user_agent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      account_id: 'k1.a',
    });
    expect(enriched).toMatchObject({
      source_offset: 0,
      endpoint: 'GET /stores/{number}/stock',
      endpoint_function: 'inventory',
      documented: null,
      bot: 'verified',
      bot_name: 'googlebot',
      client_class: 'server',
    });
    expect(enriched.path_params).toEqual([{ name: 'stores_number', hash: hash('12345'), value: null }]);
    expect(enriched.data_snapshot).toMatch(/^[a-z2-7]{16}$/);
    const lane = (at: number): bigint => enriched.hashes.readBigUInt64LE(at);
    for (const known of ['client', 'network', 'account', 'endpoint', 'fingerprint'] as const)
      expect(lane(lanes[known]), known).not.toBe(0n);
    for (const unknown of ['session', 'partner'] as const) expect(lane(lanes[unknown]), unknown).toBe(0n);
  });

  test('a TLS session that is resumed, or HTTP/3 after HTTP/2, is another fingerprint of the same software', async () => {
    const at = async (change: Partial<RequestEvent>, lane: number): Promise<bigint> =>
      (await one(change)).hashes.readBigUInt64LE(lane);
    const first = { user_agent: 'Chrome', ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd', http_version: '2' };
    const plain = { ...first, ja4: null, ja3: 'cd08e31494f9531f560d64c695473da9' };
    for (const [one, other] of [
      [first, { ...first, ja4: 't13d1517h2_8daaf6152771_b6f405a00624' }],
      [plain, { ...plain, http_version: '3' }],
      [plain, { ...plain, ja3: '579ccef312d18482fc42e2b822ca2430' }],
    ] as const) {
      expect(await at(other, lanes.fingerprint)).not.toBe(await at(one, lanes.fingerprint));
      expect(await at(other, lanes.software)).toBe(await at(one, lanes.software));
    }
    for (const change of [
      { user_agent: 'Firefox' },
      { ja4: 't13d1715h2_5b57614c22b0_3d5424432f57' },
      { http_version: '1.1' },
      { accept_language: 'de' },
    ])
      expect(await at({ ...first, ...change }, lanes.software)).not.toBe(await at(first, lanes.software));
    expect(await at({ user_agent: null, ja4: null, ja3: null }, lanes.software)).toBe(0n);
  });

  test('a robot from elsewhere is only declared; one that hides is none', async () => {
    const user_agent = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
    expect((await one({ user_agent, client_ip: parseIp('203.0.113.5')! })).bot).toBe('declared');
    expect((await one({ user_agent: 'curl/8', client_ip: parseIp('66.249.66.1')! })).bot).toBe('none');
  });

  test('the outcome of a log-in is read from its status unless the event states it', async () => {
    const login = { method: 'POST', path: '/partner/v2/login', status: 401 };
    expect((await one(login)).request.outcome).toBe('failure');
    expect((await one({ ...login, status: 200 })).request.outcome).toBe('success');
    expect((await one({ ...login, outcome: 'success' })).request.outcome).toBe('success');
    const rules = { starter: false, outcomes: [{ endpoint: '/partner/*', failure: [200] }] };
    expect((await one({ ...login, status: 200 }, rules)).request.outcome).toBe('failure');
  });

  test('the browser is judged at the time of the event', async () => {
    const user_agent =
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';
    const now = await one({ user_agent });
    const then = await one({ user_agent, timestamp: Date.parse('2024-01-01') });
    expect(now.browser_age_days! - then.browser_age_days!).toBeGreaterThan(1000);
    expect(now.browser_plausible).toBe(true);
  });
});

test('same events, same records', async () => {
  const events = ['1.2.3.4', '2001:db8::1', '8.8.8.8'].map((ip, n) =>
    raw(event({ event_id: `e${n}`, client_ip: parseIp(ip)!, ja4: 't13d', session_id: `k1.${n}` })),
  );
  expect(await enrich(events)).toEqual(await enrich(events));
});

test('a missing file or a document that is none is refused, all at once', async () => {
  const config = { starter: false, data_sets: ['/nowhere/x.mmdb'], openapi: [{ file: '/nowhere/api.yaml' }] };
  await expect(enrich([raw(event())], config)).rejects.toThrow(/api\.yaml[\s\S]*x\.mmdb/);
});
