import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RequestEvent } from '../../lib/contracts/generated.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { recordsOf } from '../../lib/log/read-topic.ts';
import { type CollectOptions, collectFiles, inspectFiles, type Rejection } from './collect-files.ts';
import { collectorConfig, formatConfig } from './config.ts';
import { eventsOf, testContext, ticksOf } from './test-context.test-suite.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-collect-'));
});
afterAll(() => rm(folder, { recursive: true }));

const t0 = Date.UTC(2026, 10, 16);
const now = t0 + 86_400_000;
const config = collectorConfig.parse({});
const pad = (value: number): string => String(value).padStart(2, '0');
/** A combined line of second `at` of the day. */
const logLine = (at: number, ip = '203.0.113.9', path = '/a'): string =>
  `${ip} - - [16/Nov/2026:${pad(Math.floor(at / 3600))}:${pad(Math.floor(at / 60) % 60)}:${pad(at % 60)} +0000] "GET ${path} HTTP/1.1" 200 5 "-" "ua"`;
const logText = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `${logLine(from + index)}\n`).join('');

async function collect(
  files: { readonly [name: string]: string | Buffer },
  options: Partial<CollectOptions> = {},
  clock = now,
) {
  const paths = await Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    }),
  );
  const context = testContext({ now: () => clock });
  const accepted: RequestEvent[] = [];
  const rejected: Rejection[] = [];
  const result = await collectFiles(context, config, {
    files: await inspectFiles(paths, formatConfig.parse({})),
    onAccepted: (event) => accepted.push(event),
    onRejected: (rejection) => rejected.push(rejection),
    ...options,
  });
  return { context, accepted, rejected, result };
}

test('files are read in the order of their first stamps, plain, gzip and gzip of several members', async () => {
  const { accepted, result, context } = await collect({
    'access.log': logText(200, 50),
    'access.log.1.gz': gzipSync(logText(100, 50)),
    'access.log.2.gz': Buffer.concat([gzipSync(logText(0, 30)), gzipSync(logText(30, 20))]),
  });
  expect(result).toMatchObject({ lines: 150, accepted: 150, rejected: 0, late: 0, future: 0 });
  expect(result.bytes).toBe(result.totalBytes);
  expect([result.firstAt, result.lastAt]).toEqual([t0, t0 + 249_000]);
  expect(accepted.map(({ timestamp }) => timestamp)).toEqual(
    accepted.map(({ timestamp }) => timestamp).sort((a, b) => a - b),
  );
  expect(await eventsOf(context.log)).toHaveLength(150);
});

test('CloudFront: columns change within a file, and a file with directives alone stops nothing', async () => {
  const head = (...fields: string[]): string =>
    `#Version: 1.0\n#Fields: date time c-ip ${fields.join(' ')}\n`;
  const row = (...values: string[]): string =>
    ['2026-11-16', '00:00:01', '203.0.113.9', ...values].join('\t');
  const method = 'cs-method';
  const path = 'cs-uri-stem';
  const { accepted, result } = await collect({
    'a.log': `${head(method, path)}${row('GET', '/a')}\n${head(path, method)}${row('/b', 'PUT')}\n`,
    'b.log': `${head(path, method)}${row('/c', 'GET')}\n`,
    'empty.log': head(method, path),
  });
  expect(result).toMatchObject({ lines: 3, accepted: 3, rejected: 0 });
  expect(accepted.map((event) => `${event.method} ${event.path}`)).toEqual(['GET /a', 'PUT /b', 'GET /c']);
});

test('damaged lines are counted, named by number, and set aside masked', async () => {
  const lines = logText(0, 40).split('\n');
  lines[4] = 'token=abcdef0123456789 garbage';
  lines[9] = logLine(9).replace('16/Nov/2026', '16/Foo/2026');
  lines[14] = `x${'y'.repeat(200_000)}`;
  lines[19] = logLine(19).replace('16/Nov/2026', '16/Nov/1999');
  lines[24] = logLine(24).replace('16/Nov/2026', '16/Nov/2100');
  const { result, rejected, context } = await collect({ 'damaged.log': lines.join('\n') });
  expect(result).toMatchObject({ lines: 40, accepted: 35, rejected: 3, late: 1, future: 1 });
  expect(
    rejected.map(({ line, reason }) => [line, reason]).sort((a, b) => Number(a[0]) - Number(b[0])),
  ).toEqual([
    [5, 'malformed'],
    [10, 'malformed'],
    [15, 'too_large'],
    [20, 'late'],
    [25, 'future'],
  ]);
  const letters = (await recordsOf(context.log, 'dead-letters')).map(({ value }) => value);
  expect(letters).toHaveLength(5);
  expect(JSON.stringify(letters)).not.toContain('abcdef0123456789');
  expect(letters.find(({ reason }) => reason === 'too_large')?.original_bytes).toBe(200_001);
});

test('a log is read alike whatever the clock of the machine says, but for stamps that leap ahead of the others', async () => {
  const lines = logText(0, 60).split('\n');
  lines[30] = logLine(30).replace('16/Nov/2026', '19/Nov/2026');
  const files = { 'ahead.log': lines.join('\n') };
  const read = [now, t0 - 30 * 86_400_000].map(async (clock) => {
    const { accepted, rejected } = await collect(files, {}, clock);
    return [accepted.length, rejected.map(({ line, reason }) => [line, reason])];
  });
  expect(await Promise.all(read)).toEqual([
    [59, [[31, 'future']]],
    [59, [[31, 'future']]],
  ]);
});

test('ids depend on source, place and content alone', async () => {
  const files = { 'same.log': logText(0, 5) };
  const [one, two] = [await collect(files), await collect(files)];
  const ids = one.accepted.map(({ event_id }) => event_id);
  expect(two.accepted.map(({ event_id }) => event_id)).toEqual(ids);
  expect(new Set(ids).size).toBe(5);
  expect(ids[0]).toMatch(/^evt_[a-z2-7]{26}$/);
  const other = await collect(files, { sourceId: 'other' });
  expect(other.accepted[0]!.event_id).not.toBe(ids[0]);
});

test('every partition has every tick, in order, and the last one closes behind the last event', async () => {
  const { context } = await collect({ 'ticks.log': logText(0, 60) });
  for (const partition of [0, 1, 2, 3]) {
    const ticks = await ticksOf(context.log, partition);
    expect(ticks.map(({ time }) => time)).toEqual([...ticks.map(({ time }) => time)].sort((a, b) => a - b));
    expect(ticks).toHaveLength(61);
    expect(ticks.at(-1)).toMatchObject({
      closing: true,
      watermark_at: t0 + 60_000,
      source_class: 'file:files',
    });
  }
  let watermark = 0;
  for (const record of await recordsOf(context.log, 'requests.raw')) {
    if (record.partition !== 0) continue;
    if (record.type === 'Tick') watermark = record.value.watermark_at;
    else expect(record.value.timestamp).toBeGreaterThanOrEqual(watermark);
  }
});

test('a gzip file that breaks off gives what it has', async () => {
  const whole = gzipSync(
    Array.from({ length: 3000 }, (_, i) => `${logLine(i, `10.0.${i % 200}.1`, `/x/${i * 7919}`)}\n`).join(''),
  );
  const { result, rejected } = await collect({ 'broken.gz': whole.subarray(0, whole.length - 2000) });
  expect(result.accepted).toBeGreaterThan(1000);
  expect(rejected.some(({ detail }) => /damaged from here on/.test(detail))).toBe(true);
  expect(result.accepted + result.rejected).toBe(result.lines);
});

test('hosts decide the site', async () => {
  const line = (host: string, site?: string): string =>
    `${JSON.stringify({ timestamp: t0, client_ip: '203.0.113.9', method: 'GET', host, path: '/', site })}\n`;
  const sites = [{ id: 'bank', hosts: ['Bank.example'] }];
  const { accepted, rejected } = await collect(
    {
      'sites.ndjson':
        line('bank.example:443') + line('x.example') + line('x.example', 'bank') + line('x', 'foreign'),
    },
    { sites },
  );
  expect(accepted.map(({ site }) => site)).toEqual(['bank', 'default', 'bank']);
  expect(rejected).toMatchObject([{ line: 4, reason: 'invalid' }]);
});

describe('limits', () => {
  test('reading waits while the log is full', async () => {
    const log = createMemoryLog({ trafficPartitions: 1 });
    let held = 5;
    let asked = 0;
    const pressure = (): number => {
      asked++;
      return held-- > 0 ? Number.MAX_SAFE_INTEGER : 0;
    };
    const slow = { ...log, pressure };
    const path = join(folder, 'pressure.log');
    await writeFile(path, logText(0, 3000));
    const result = await collectFiles(testContext({ log: slow, now: () => now }), config, {
      files: await inspectFiles([path], formatConfig.parse({})),
    });
    expect(result.accepted).toBe(3000);
    expect(asked).toBeGreaterThan(5);
  });

  test('it stops when asked to', async () => {
    await expect(collect({ 'abort.log': logText(0, 10) }, { signal: AbortSignal.abort() })).rejects.toThrow();
  });

  test('a log that refuses fails the run', async () => {
    const log = createMemoryLog({ trafficPartitions: 1 });
    const broken = {
      ...log,
      producer: async () => ({
        send: async () => Promise.reject(new Error('no broker')),
        close: async () => {},
      }),
    };
    const path = join(folder, 'broken.log');
    await writeFile(path, logText(0, 10));
    const files = await inspectFiles([path], formatConfig.parse({}));
    await expect(collectFiles(testContext({ log: broken }), config, { files })).rejects.toThrow('no broker');
  });
});

test('whatever the bytes, every line is counted once and nothing throws', async () => {
  const entry = fc.oneof(
    fc
      .uint8Array({ maxLength: 80 })
      .map((bytes) => Buffer.from(bytes).filter((byte) => byte !== 10 && byte !== 13)),
    fc.nat({ max: 300 }).map((at) => Buffer.from(logLine(at))),
    fc.json().map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 30 }), async (entries) => {
      const content = Buffer.concat(entries.flatMap((each) => [Buffer.from(each), Buffer.from('\n')]));
      const path = join(folder, 'fuzz.log');
      await writeFile(path, content);
      const context = testContext({ now: () => now });
      const files = await inspectFiles([path], formatConfig.parse({ format: 'combined' }));
      const result = await collectFiles(context, config, { files });
      const isBom = content.length === 4 && content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf;
      expect(result.lines).toBe(isBom ? 0 : entries.filter((each) => each.length > 0).length);
      expect(result.accepted + result.rejected + result.late + result.future).toBe(result.lines);
    }),
    { numRuns: 60 },
  );
});
