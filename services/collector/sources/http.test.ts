import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMemoryLog } from '../../../lib/log/memory.ts';
import { recordsOf } from '../../../lib/log/read-topic.ts';
import { collectorConfig } from '../config.ts';
import { type RunningCollector, startCollector } from '../main.ts';
import { eventsOf, testContext, ticksOf } from '../test-context.test-suite.ts';

const now = Date.UTC(2026, 10, 16, 10);
const token = 'correct-horse-battery';
let collector: RunningCollector;
let context = testContext();

async function start(http: object = {}, change: object = {}): Promise<void> {
  context = testContext({ now: () => now, ...change });
  const config = collectorConfig.parse({ http: { port: 0, tokens: [token], ...http } });
  collector = await startCollector(context, config);
}
beforeEach(() => start());
afterEach(() => collector.stop());

const event = (change: object = {}): object => ({
  timestamp: now - 500,
  client_ip: '::ffff:203.0.113.9',
  method: 'GET',
  host: 'shop.example',
  path: '/a',
  ...change,
});
const lines = (...events: object[]): string => events.map((each) => `${JSON.stringify(each)}\n`).join('');

async function post(body: string | Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(`${collector.url}/v1/events`, {
    method: 'POST',
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson', ...headers },
  });
  const type = response.headers.get('content-type');
  const answer: unknown = await response.json();
  if (response.status >= 400) expect(type).toMatch('application/problem+json');
  return { status: response.status, answer, retryAfter: response.headers.get('retry-after') };
}

describe('accepted', () => {
  test('ndjson, an array, gzip: 202 once it is in the log', async () => {
    expect(await post(lines(event(), event()))).toMatchObject({ status: 202, answer: { accepted: 2 } });
    const array = JSON.stringify([event({ path: '/b' })]);
    expect((await post(array, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(202);
    expect((await post(gzipSync(lines(event({ path: '/c' }))), { 'content-encoding': 'gzip' })).status).toBe(
      202,
    );
    const events = await eventsOf(context.log);
    expect(events.map(({ path }) => path).sort()).toEqual(['/a', '/a', '/b', '/c']);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(4);
  });

  test('the same body again is the same events, as is the same Idempotency-Key', async () => {
    for (const body of [lines(event()), lines(event())]) await post(body);
    const ids = (await eventsOf(context.log)).map(({ event_id }) => event_id);
    expect(new Set(ids).size).toBe(1);
    await post(lines(event({ path: '/x' })), { 'idempotency-key': 'k1' });
    await post(lines(event({ path: '/y' })), { 'idempotency-key': 'k1' });
    const keyed = (await eventsOf(context.log))
      .filter(({ path }) => path !== '/a')
      .map(({ event_id }) => event_id);
    expect(new Set(keyed).size).toBe(1);
  });

  test('an empty batch', async () => {
    expect(await post('\n')).toMatchObject({ status: 202, answer: { accepted: 0 } });
  });
});

describe('refused', () => {
  test('422 names the lines, the others are taken', async () => {
    const body = `${lines(event())}{"a":\n${lines(
      event({ client_ip: 7 }),
      event({ timestamp: now - 3_600_000 }),
      event({ timestamp: now + 3_600_000 }),
      event({ path: '/ok' }),
    )}`;
    expect(await post(body)).toMatchObject({
      status: 422,
      answer: {
        status: 422,
        accepted: 2,
        rejected: 4,
        errors: [
          { line: 2, reason: 'malformed' },
          { line: 3, reason: 'invalid', detail: 'client_ip: not an IP address' },
          { line: 4, reason: 'late' },
          { line: 5, reason: 'future' },
        ],
      },
    });
    expect(await eventsOf(context.log)).toHaveLength(2);
    expect(await recordsOf(context.log, 'dead-letters')).toHaveLength(4);
    const metrics = await context.metrics.registry.metrics();
    expect(metrics).toContain('tidegate_events_rejected_total{source="http",reason="malformed"} 1');
    expect(metrics).toContain('tidegate_events_quarantined_total{source="http",reason="late"} 1');
  });

  test.each([
    ['a wrong token', { authorization: 'Bearer correct-horse-batter' }, 401],
    ['no token', { authorization: '' }, 401],
    ['another scheme', { authorization: `Basic ${token}` }, 401],
    ['another type', { 'content-type': 'application/xml' }, 415],
    ['another encoding', { 'content-encoding': 'br' }, 415],
    ['a false gzip', { 'content-encoding': 'gzip' }, 400],
    ['no array', { 'content-type': 'application/json' }, 400],
  ])('%s', async (_name, headers, status) => {
    expect((await post('{}', headers)).status).toBe(status);
  });

  test('too much: entries, bytes, bytes after decompression, a line', async () => {
    await collector.stop();
    await start({ max_events: 3, max_body_bytes: 200_000 });
    expect((await post(lines(event(), event(), event(), event()))).status).toBe(413);
    expect((await post('x'.repeat(200_001))).status).toBe(413);
    expect((await post(gzipSync('x'.repeat(400_000)), { 'content-encoding': 'gzip' })).status).toBe(413);
    expect(await post(`"${'x'.repeat(150_000)}"`)).toMatchObject({
      status: 422,
      answer: { errors: [{ line: 1, reason: 'too_large' }] },
    });
    expect(await eventsOf(context.log)).toEqual([]);
  });

  test('too much, sent slowly: the answer is read, not a broken connection', async () => {
    await collector.stop();
    await start({ max_body_bytes: 200_000 });
    const status = await new Promise<number>((resolve, reject) => {
      const sending = request(`${collector.url}/v1/events`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/x-ndjson',
          'content-length': 4_000_000,
        },
      });
      sending.once('error', reject);
      sending.once('response', (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      let left = 400;
      const next = (): void => {
        if (left-- === 0) sending.end();
        else sending.write('x'.repeat(10_000), () => setImmediate(next));
      };
      next();
    });
    expect(status).toBe(413);
  });

  test('429 with Retry-After while the log is full', async () => {
    await collector.stop();
    const log = createMemoryLog({ trafficPartitions: 1 });
    await start({}, { log: { ...log, pressure: () => Number.MAX_SAFE_INTEGER } });
    expect(await post(lines(event()))).toMatchObject({ status: 429, retryAfter: '1' });
  });

  test('503 when the log does not acknowledge', async () => {
    await collector.stop();
    const log = createMemoryLog({ trafficPartitions: 1 });
    const producer = { send: async () => Promise.reject(new Error('no broker')), close: async () => {} };
    await start({}, { log: { ...log, producer: async () => producer } });
    expect(await post(lines(event()))).toMatchObject({ status: 503, retryAfter: '1' });
    await expect.poll(() => collector.notReady()).toBe('the log does not acknowledge');
    await expect(collector.stop()).rejects.toThrow('no broker');
    await start();
  });
});

test('tokens may be configured as digests; without tokens loopback may send', async () => {
  await collector.stop();
  await start({ tokens: [`sha256:${createHash('sha256').update(token).digest('hex')}`] });
  expect((await post(lines(event()))).status).toBe(202);
  await collector.stop();
  await start({ tokens: [] });
  expect((await post(lines(event()), { authorization: '' })).status).toBe(202);
});

test('time goes on by itself, and ends with a closing tick', async () => {
  let wall = now;
  await collector.stop();
  await start({}, { now: () => wall });
  wall += 3000;
  await expect.poll(async () => (await ticksOf(context.log, 0)).at(-1)?.time).toBe(now + 3000);
  await collector.stop();
  const last = (await ticksOf(context.log, 2)).at(-1);
  expect(last).toMatchObject({ source_class: 'http', closing: true, watermark_at: now + 3000 - 5000 });
});

test('any body has an answer, and the collector lives on', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        fc.json().map((text) => Buffer.from(text)),
      ),
      fc.constantFrom('application/json', 'application/x-ndjson'),
      async (body, type) => {
        expect([202, 400, 422]).toContain((await post(body, { 'content-type': type })).status);
      },
    ),
    { numRuns: 50 },
  );
  expect((await post(lines(event()))).status).toBe(202);
});
