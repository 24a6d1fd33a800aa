import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isEmbeddedAvailable } from '../../lib/clickhouse/embedded.ts';
import { requireCounterpart } from '../counterparts/counterpart.ts';
import { type BadLine, fuzzedLines, goodEvent, hostileLines } from './harness/bad-lines.ts';
import { metricOf, sqlOf } from './harness/console-client.ts';
import { killLeftovers, runTidegate } from './harness/tidegate.ts';
import { until } from './harness/until.ts';
import { anyPorts, type RunningUp, startUp } from './harness/up.ts';
import { createWorkspace, testSecret } from './harness/workspace.ts';

/** Whatever is sent: nothing crashes, and every line is counted as accepted or refused. */
const missing = requireCounterpart('chdb', await isEmbeddedAvailable(), 'run npm install chdb');
const fuzzSeed = 20261123;
const workspace = createWorkspace('bad-input');
let up: RunningUp;
const total = { accepted: 0, rejected: 0 };

interface Answer {
  readonly status: number;
  readonly accepted?: number;
  readonly rejected?: number;
  readonly errors?: readonly { readonly line: number; readonly reason: string; readonly detail: string }[];
}

async function post(body: Buffer | string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(up.eventsUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });
  const answer = { ...((await response.json()) as object), status: response.status } as Answer;
  total.accepted += answer.accepted ?? 0;
  total.rejected += answer.rejected ?? 0;
  return answer;
}

const asLines = (lines: readonly BadLine[]): Buffer =>
  Buffer.concat(lines.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]));

function expectAsSaid(lines: readonly BadLine[], refused: ReadonlySet<number>): void {
  const wrong = lines.filter(
    ({ expected }, index) => expected !== 'either' && (expected === 'refused') !== refused.has(index + 1),
  );
  expect(wrong.map(({ name, expected }) => `${name}: was to be ${expected}`)).toEqual([]);
}

beforeAll(async () => {
  if (missing !== null) return;
  up = await startUp(
    workspace.config('tidegate.yaml', {
      ...anyPorts,
      instance: 'e2e',
      secret: testSecret,
      data_dir: workspace.path('state'),
      log: { kind: 'memory', traffic_partitions: 2 },
      collector: { http: { port: 0, lateness: '60s' } },
      archiver: { batch_interval: '100ms' },
      actuator: { api: { port: 0 } },
    }),
  );
});
afterAll(async () => {
  await killLeftovers();
  workspace.remove();
});

describe.skipIf(missing !== null)('POST /v1/events', () => {
  test('refuses each bad line by its number and takes the good ones beside it', async () => {
    const lines = hostileLines(Date.now());
    const answer = await post(asLines(lines));
    expect(answer.status).toBe(422);
    expect(answer.accepted! + answer.rejected!).toBe(lines.length);
    expect(answer.errors).toHaveLength(answer.rejected!);
    expectAsSaid(lines, new Set(answer.errors!.map(({ line }) => line)));
    for (const { detail, reason } of answer.errors!) {
      expect(reason).not.toBe('');
      expect(detail.length).toBeLessThan(2000);
    }
  });

  test('counts every fuzzed line', async () => {
    const lines = fuzzedLines(Date.now(), 600, fuzzSeed);
    const answer = await post(asLines(lines));
    expect([202, 422]).toContain(answer.status);
    expect((answer.accepted ?? 0) + (answer.rejected ?? 0)).toBe(lines.length);
  });

  test('takes arrays entry by entry', async () => {
    const good = goodEvent(Date.now(), 1);
    const entries = [good, null, 42, 'text', [], {}, [good], { ...good, client_ip: ['198.51.100.1'] }];
    const answer = await post(JSON.stringify(entries), { 'content-type': 'application/json' });
    expect(answer).toMatchObject({ status: 422, accepted: 1, rejected: 7 });
    expect(answer.errors!.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 7, 8]);
  });

  test('refuses whole bodies it can not read, and takes nothing of them', async () => {
    const good = JSON.stringify(goodEvent(Date.now()));
    const before = { ...total };
    const gzip = { 'content-encoding': 'gzip' };
    const json = { 'content-type': 'application/json' };
    const statuses = await Promise.all([
      post(good, gzip),
      post(gzipSync(good).subarray(0, 30), gzip),
      post(gzipSync(Buffer.alloc(200_000_000)), gzip),
      post(good, { 'content-encoding': 'br' }),
      post(good, { 'content-type': 'text/html' }),
      post('{"not": "an array"', json),
      post(good, json),
      post(Buffer.alloc(9 * 1024 * 1024, 0x20)),
      post(`${good}\n`.repeat(10_001)),
    ]).then((answers) => answers.map(({ status }) => status));
    expect(statuses).toEqual([400, 400, 413, 415, 415, 400, 400, 413, 413]);
    expect(total).toEqual(before);
  });

  test('goes on afterwards, and all of it is in the counters and in ClickHouse', async () => {
    const answer = await post(
      Array.from({ length: 100 }, (_, n) => JSON.stringify(goodEvent(Date.now(), n))).join('\n'),
    );
    expect(answer).toMatchObject({ status: 202, accepted: 100 });
    expect(await (await fetch(`${up.opsUrl}/livez`)).text()).toBe('ok\n');
    const metric = (name: string) => metricOf(up.opsUrl, name, { source: 'http' });
    expect(await metric('tidegate_events_received_total')).toBe(total.accepted + total.rejected);
    expect(
      (await metric('tidegate_events_rejected_total')) + (await metric('tidegate_events_quarantined_total')),
    ).toBe(total.rejected);
    let seen: unknown;
    await until(
      'requests and dead letters are archived',
      async () => {
        const [requests] = await sqlOf<{ n: number }>(up.consoleUrl, 'SELECT count() AS n FROM requests');
        const [letters] = await sqlOf<{ n: number }>(
          up.consoleUrl,
          "SELECT count() AS n FROM dead_letters WHERE step = 'collector'",
        );
        seen = { requests: Number(requests!.n), letters: Number(letters!.n) };
        return JSON.stringify(seen) === JSON.stringify({ requests: total.accepted, letters: total.rejected });
      },
      { withinMs: 30_000, watch: [up.process] },
      () => ({ seen, total }),
    );
    // One client, however its address was written: mapped, mapped in hex, and plain.
    const [mapped] = await sqlOf<{ n: number }>(
      up.consoleUrl,
      "SELECT count() AS n FROM requests WHERE client_ip = toIPv6('198.51.100.7')",
    );
    expect(Number(mapped!.n)).toBeGreaterThanOrEqual(3);
    expect(await up.process.stop()).toBe(0);
  });
});

describe('replay', () => {
  const goodLines = 400;
  test('reads the good lines of a damaged ndjson file and reports the others by number', async () => {
    const start = Date.now() - 3_600_000;
    const bad = [...hostileLines(start + 1000), ...fuzzedLines(start + 1000, 200, fuzzSeed + 1)];
    const lines: Buffer[] = [];
    const badAt = new Map<number, BadLine>();
    for (let n = 0; n < goodLines; n++) {
      lines.push(Buffer.from(JSON.stringify(goodEvent(start + n * 2, n))));
      const next = n >= 100 ? bad[n - 100] : undefined;
      if (next === undefined) continue;
      lines.push(next.bytes);
      badAt.set(lines.length, next);
    }
    const file = workspace.path('damaged.ndjson');
    writeFileSync(file, Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])));
    const { code, stdout, tail } = await runTidegate(['replay', '--format', 'ndjson', '--json', file], {
      withinMs: 60_000,
    });
    expect(code, tail).toBe(0);
    const summary = JSON.parse(stdout) as {
      readonly lines: { readonly read: number; readonly parsed: number; readonly rejected: number };
      readonly rejections: readonly { readonly line: number }[];
    };
    expect(summary.lines.read).toBe(lines.length);
    expect(summary.lines.parsed + summary.lines.rejected).toBe(lines.length);
    expect(summary.lines.parsed).toBeGreaterThanOrEqual(goodLines);
    // What is reported is what was bad; the report is cut off after the first few.
    const reported = new Set(summary.rejections.map(({ line }) => line));
    for (const line of reported) expect(badAt.has(line), `line ${line} was good`).toBe(true);
    const last = Math.max(...reported);
    const overlooked = [...badAt].filter(
      ([line, { expected }]) => expected === 'refused' && line < last && !reported.has(line),
    );
    expect(overlooked.map(([, { name }]) => name)).toEqual([]);
  });

  test('counts the damaged lines of an access log', async () => {
    const lines = Array.from(
      { length: 300 },
      (_, n) =>
        `198.51.100.${1 + (n % 50)} - - [16/Nov/2026:10:00:${String(n % 60).padStart(2, '0')} +0000] "GET /p/${n} HTTP/1.1" 200 512 "-" "Mozilla/5.0"`,
    ).sort((a, b) => a.slice(a.indexOf('[')).localeCompare(b.slice(b.indexOf('['))));
    const damaged = [
      '',
      'x'.repeat(1_000_000),
      '\u0000\u0001\u0002',
      '198.51.100.1 - - [not a time] "GET / HTTP/1.1" 200 1 "-" "-"',
      '198.51.100.1 - - [16/Nov/2026:10:00:59 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"',
      'host.name.example - - [16/Nov/2026:10:00:59 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
    ];
    const file = workspace.path('damaged.log');
    writeFileSync(file, `${[...lines, ...damaged].join('\n')}\n`);
    const { code, stdout, tail } = await runTidegate(['replay', '--format', 'combined', '--json', file], {
      withinMs: 60_000,
    });
    expect(code, tail).toBe(0);
    const { lines: counted } = JSON.parse(stdout) as {
      readonly lines: { readonly read: number; readonly parsed: number; readonly rejected: number };
    };
    // An empty line is no line.
    expect(counted.read).toBe(lines.length + damaged.length - 1);
    expect(counted.parsed + counted.rejected).toBe(counted.read);
    expect(counted.rejected).toBeGreaterThanOrEqual(4);
  });
});
