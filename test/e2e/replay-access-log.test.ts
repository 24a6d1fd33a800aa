import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReplaySummary } from '../../cli/replay/summary.ts';
import { requireCounterpart } from '../counterparts/counterpart.ts';
import { findNginx, type RunningNginx, startNginx } from '../counterparts/nginx.ts';
import { killLeftovers, runTidegate } from './harness/tidegate.ts';
import { createWorkspace } from './harness/workspace.ts';

/**
 * A real nginx is browsed by 40 people and scanned by one client; its own access log, a few lines of it damaged, goes
 * through `tidegate replay`. Clients differ by X-Forwarded-For, which this nginx believes from loopback.
 */
const missing = requireCounterpart('nginx', findNginx());

const abuser = '203.0.113.66';
/** After the start: people browse all the time, and the scan stops before they do. */
const scanFromMs = 12_000;
const scanUntilMs = 29_000;
const browseUntilMs = 33_000;
const agents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:159.0) Gecko/20100101 Firefox/159.0',
];
const damaged = [
  '198.51.100.1 - - [not a time] "GET / HTTP/1.1" 200 5 "-" "x"',
  'half a li',
  '{"json": "by mistake"}',
];

const workspace = createWorkspace('replay');
const agent = new Agent({ keepAlive: true, maxSockets: 24 });
let nginx: RunningNginx;

function get(path: string, client: string, userAgent: string, referer?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(
      `${nginx.url}${path}`,
      {
        agent,
        headers: {
          'x-forwarded-for': client,
          'user-agent': userAgent,
          ...(referer === undefined ? {} : { referer }),
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    call.on('error', reject);
    call.end();
  });
}

/** Looks around until the time is over: pages, products, a store's stock, a wrong ZIP code once in a while. */
async function browse(person: number, until: number): Promise<void> {
  const client = `198.51.100.${person + 10}`;
  const userAgent = agents[person % agents.length]!;
  const paths = [
    '/',
    '/c/shoes',
    `/p/runner-${person}`,
    `/stores/${10_000 + person}/stock?sku=${person}`,
    '/cart',
  ];
  for (let step = 0; Date.now() < until; step++) {
    const path = person % 10 === 0 && step === 5 ? '/stores/00000/stock?sku=1' : paths[step % paths.length]!;
    await get(path, client, userAgent, step === 0 ? undefined : 'http://shop.example/');
    await sleep(400 + ((person * 37 + step * 91) % 500));
  }
}

/** Eight connections ask as fast as they may, as long on a slow machine as on a fast one. */
async function scan(until: number): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (Date.now() < until) {
        await get(`/stores/${20_000 + next++}/stock?sku=${next}`, abuser, 'curl/8.5.0');
        await sleep(40);
      }
    }),
  );
}

afterAll(async () => {
  agent.destroy();
  await nginx?.stop();
  await killLeftovers();
  workspace.remove();
});

describe.skipIf(missing !== null)("a real nginx's access log", () => {
  let summary: ReplaySummary;
  let lines = 0;

  beforeAll(async () => {
    const dir = workspace.path('nginx');
    mkdirSync(dir);
    nginx = await startNginx({
      dir,
      server: `    location ~ ^/stores/1\\d+/stock { return 200 '{"stock": 3}'; }
    location ~ ^/stores/ { return 404 '{}'; }
    location / { return 200 '<html>shop</html>'; }`,
    });
    const startedAt = Date.now();
    await Promise.all([
      ...Array.from({ length: 40 }, (_, person) => browse(person, startedAt + browseUntilMs)),
      sleep(scanFromMs).then(() => scan(startedAt + scanUntilMs)),
    ]);
    await nginx.process.stop('SIGQUIT');

    const log = workspace.path('access.log');
    // The harness itself asked whether nginx was up, without a forwarded client: not part of the story.
    const written = readFileSync(nginx.accessLog, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('127.0.0.1 '));
    written.splice(100, 0, damaged[0]!);
    written.splice(200, 0, damaged[1]!);
    writeFileSync(log, `${written.join('\n')}\n`);
    appendFileSync(log, `${damaged[2]}\n`);
    lines = written.length + 1;

    const result = await runTidegate(
      [
        'replay',
        log,
        '--format',
        'combined',
        '--json',
        '--warm-up',
        '0s',
        '--outcomes',
        workspace.path('outcomes.ndjson'),
        '--decisions',
        workspace.path('decisions.ndjson'),
        '--at-risk',
        workspace.path('at-risk.ndjson'),
        '--rejects',
        workspace.path('rejects.ndjson'),
      ],
      { withinMs: 110_000 },
    );
    expect(result.code, result.tail).toBe(0);
    summary = JSON.parse(result.stdout) as ReplaySummary;
  }, 180_000);

  const records = (name: string): { [field: string]: unknown }[] =>
    readFileSync(workspace.path(name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));

  test('finds the client that scans, and nobody else', () => {
    const targets = new Set(
      records('decisions.ndjson').map(({ target }) => (target as { value: string }).value),
    );
    expect([...targets]).toEqual([abuser]);
    expect(summary.stopped.requests).toBeGreaterThan(0);
    expect(summary.at_risk.requests).toBe(0);
    expect(records('at-risk.ndjson')).toEqual([]);
  });

  test('says what became of each request, in the order of input', () => {
    const outcomes = records('outcomes.ndjson');
    expect(outcomes).toHaveLength(summary.lines.parsed);
    const stopped = outcomes.filter(({ outcome }) => outcome !== 'allowed');
    expect(stopped).toHaveLength(summary.stopped.requests);
    expect(stopped.every(({ decision_id }) => typeof decision_id === 'string')).toBe(true);
  });

  test('counts damaged lines and gives their numbers', () => {
    expect(summary.lines).toEqual({ read: lines, parsed: lines - damaged.length, rejected: damaged.length });
    expect(summary.rejections.map(({ line }) => line)).toEqual([101, 201, lines]);
    expect(records('rejects.ndjson').map(({ line }) => line)).toEqual([101, 201, lines]);
  });

  test('says what this log does not show', () => {
    const what = summary.not_visible.map((one) => one.what);
    expect(what).toContain('JA4 / TLS fingerprint');
    expect(what).toContain('session');
    expect(what).not.toContain('user agent');
  });

  test('refuses the same log when every client is its proxy', async () => {
    const log = workspace.path('proxied.log');
    writeFileSync(
      log,
      readFileSync(workspace.path('access.log'), 'utf8').replace(/^\d+\.\d+\.\d+\.\d+ /gm, '10.0.0.7 '),
    );
    const refused = await runTidegate(['replay', log]);
    expect(refused.code).toBe(2);
    expect(refused.tail).toMatch(/all clients are private addresses/);
    expect((await runTidegate(['replay', workspace.path('no-such.log')])).code).toBe(3);
    expect((await runTidegate(['replay', log, '--warm-up', 'soon'])).code).toBe(2);
  });
});
