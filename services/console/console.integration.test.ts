import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClickHouse, openClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import { clickhouseConfig } from '../../lib/clickhouse/config.ts';
import { migrate } from '../../lib/clickhouse/migrations.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { recordsOf } from '../../lib/log/read-topic.ts';
import { silentLogger } from '../../lib/observability/logger.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { findBinary, requireCounterpart } from '../../test/counterparts/counterpart.ts';
import { scopesSql } from './campaign-scope-sql.ts';
import { consoleConfig } from './config.ts';
import { type Console, startConsole } from './main.ts';
import { seed } from './seed.test-fixture.ts';
import { seedEndpoints } from './seed-endpoints.test-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-console-'));
const token = 'a token of sixteen or more';
const now = Date.UTC(2026, 10, 20, 12);
const log = createMemoryLog({ trafficPartitions: 1, encoded: true });
const metrics = createMetrics();
const context: ServiceContext = {
  log,
  logger: silentLogger,
  metrics,
  instance: 'test',
  secret: Buffer.alloc(32),
  checkpoints: {
    storeId: 'none',
    write: async () => {},
    read: async () => null,
    list: async () => [],
    delete: async () => {},
  },
  now: () => now + 1000,
};
let clickhouse: ClickHouse;
let service: Console;

const get = async (path: string, init?: RequestInit) => {
  const response = await fetch(`${service.url}/api/v1/${path}`, init);
  // biome-ignore lint/suspicious/noExplicitAny: answers are checked value by value
  return { status: response.status, body: (await response.json()) as any };
};
const post = (path: string, body: unknown, authorization?: string) =>
  get(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
    body: JSON.stringify(body),
  });

beforeAll(async () => {
  clickhouse = await openClickHouse(clickhouseConfig.parse({ sql_max_rows: 100 }), { dataDir: folder });
  await migrate(clickhouse);
  service = await startConsole(context, consoleConfig.parse({ port: 0, token }), {
    clickhouse,
    attributions: [{ text: 'IP geolocation by DB-IP', url: 'https://db-ip.com' }],
  });
});
afterAll(async () => {
  await service.stop();
  await log.close();
  await clickhouse.close();
  rmSync(folder, { recursive: true, force: true });
});

test('before the first request every answer is empty, not an error', async () => {
  expect((await get('traffic')).body).toMatchObject({ clock_at: null, live: false, points: [] });
  expect((await get('campaigns')).body).toEqual({ campaigns: [] });
  expect((await get('decisions')).body).toMatchObject({ total: 0, decisions: [] });
  expect((await get('endpoints')).body).toEqual({ counts: {}, endpoints: [], notices: [] });
  expect((await get('explain/203.0.113.9')).body).toMatchObject({ state: 'free', activity: null });
  expect((await get('explain/vrd_none')).status).toBe(404);
});

describe('with traffic', () => {
  beforeAll(async () => {
    await seed(clickhouse, now);
    await seedEndpoints(clickhouse, now);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    metrics.consumerLag.set({ group: 'tidegate.archiver', topic: 'requests.enriched', partition: 0 }, 1200);
    metrics.edgeEntries.set({ edge: 'nginx-local', state: 'desired' }, 3);
    metrics.edgeEntries.set({ edge: 'nginx-local', state: 'observed' }, 2);
    metrics.edgeDrift.set({ edge: 'nginx-local' }, 1);
    metrics.edgeCapacity.set({ edge: 'nginx-local' }, 10_000);
    metrics.edgeLastSuccess.set({ edge: 'nginx-local' }, now / 1000);
    metrics.enforcementArmed.set({ edge: 'nginx-local' }, 1);
    metrics.enforcementArmed.set({ edge: 'aws-prod' }, 0);
    metrics.edgeCapacity.set({ edge: 'aws-prod' }, 10_000);
    metrics.edgeEntries.set({ edge: 'aws-prod', state: 'desired' }, 2);
  });

  test('the counts of a chart add up to the rows, raw and rolled up', async () => {
    const { body } = await get('traffic?minutes=60');
    const sum = (name: string) =>
      body.points.reduce((total: number, point: { [name: string]: number }) => total + point[name]!, 0);
    const [truth] = await clickhouse.query<{ all: number; stopped: number }>(
      "SELECT count() AS all, countIf(edge_action = 'block') AS stopped FROM requests",
    );
    const all = ['success', 'failure', 'unknown', 'stopped', 'selected'].map(sum).reduce((a, b) => a + b);
    expect(all).toBe(truth!.all);
    expect(sum('stopped')).toBe(truth!.stopped);
    expect(body.totals.stopped).toBe(truth!.stopped);
    expect(sum('selected')).toBeGreaterThan(500);
    const plan = await clickhouse.query<{ explain: string }>(
      "EXPLAIN SELECT minute, sum(requests) FROM traffic_minutes WHERE minute >= '2026-11-20 00:00:00' GROUP BY minute",
    );
    expect(plan.map((row) => row.explain).join('\n')).toContain('traffic_by_minute');
    const day = (await get('traffic?minutes=1440')).body.totals;
    expect(day.success + day.failure + day.unknown + day.stopped + day.selected).toBe(truth!.all);
  });

  test('a campaign comes with what its signatures select over time', async () => {
    const { body } = await get('campaigns/cmp_c81f0000000000000000000000');
    expect(body.campaign).toMatchObject({
      title: 'Credential stuffing',
      opened_at: '2026-11-20T11:50:00.000Z',
    });
    const selected = body.timeline.points.reduce(
      (total: number, point: { selected: number }) => total + point.selected,
      0,
    );
    expect(selected).toBe(40_000);
    expect(body.decisions).toHaveLength(4);
    const { accounts } = (await get('campaigns/cmp_c81f0000000000000000000000/accounts')).body;
    expect(accounts).toBeInstanceOf(Array);
    const { samples } = (await get('campaigns/cmp_c81f0000000000000000000000/samples?limit=3')).body;
    expect(samples).toHaveLength(3);
  });

  test('a campaign that nothing tells from people answers with what went on where it did', async () => {
    const { samples } = (await get('campaigns/cmp_77d00000000000000000000000/samples?limit=50')).body;
    expect(samples).toHaveLength(50);
    for (const { method, host, path, timestamp } of samples) {
      expect(`${method} ${host}${path}`).toBe('GET shop.example/p/{slug}');
      expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(now - 28 * 60_000);
      expect(Date.parse(timestamp)).toBeLessThanOrEqual(now - 23 * 60_000);
    }
    const { accounts } = (await get('campaigns/cmp_77d00000000000000000000000/accounts')).body;
    expect(accounts).toEqual([]);
  });

  test('endpoints by status, the busiest first, and what there was to look at', async () => {
    const { body } = await get('endpoints');
    expect(body.counts).toEqual({ documented: 3, shadow: 1, zombie: 1, unused: 1 });
    expect(body.endpoints[0]).toMatchObject({ endpoint: 'POST /wallet/session', requests: 96_000 });
    expect(body.notices).toMatchObject([{ kind: 'undocumented', level: 'medium' }]);
    expect((await get('endpoints?status=unused')).body.endpoints).toMatchObject([
      { endpoint: 'POST /returns', first_seen_at: null },
    ]);
    expect((await get('endpoints?status=other')).status).toBe(400);
  });

  test('decisions in force, and all', async () => {
    expect((await get('decisions')).body.total).toBe(3);
    expect((await get('decisions?state=all')).body.total).toBe(4);
  });

  test('explain answers for a verdict, a campaign, the beginning of an id, and addresses', async () => {
    const verdict = (await get('explain/vrd_5c21e0')).body;
    expect(verdict.decisions).toHaveLength(4);
    expect(verdict.samples[0]).toMatchObject({
      event_id: 'evt_a1',
      client_ip: expect.stringMatching(/^198\.18\./),
    });
    expect((await get('explain/cmp_c81f')).body.kind).toBe('campaign');
    expect((await get('explain/dec_1a')).body).toMatchObject({
      kind: 'ambiguous',
      candidates: ['dec_1a01', 'dec_1a02'],
    });
    expect((await get('explain/198.18.7.9')).body.state).toBe('blocked');
    const [bySignature] = await clickhouse.query<{ ip: string }>(
      "SELECT replaceOne(toString(client_ip), '::ffff:', '') AS ip FROM requests WHERE startsWith(event_id, 'evt_a') AND NOT startsWith(ip, '198.18.8.') AND ip != '198.18.7.9' LIMIT 1",
    );
    const selected = (await get(`explain/${bySignature!.ip}`)).body;
    expect(selected.state).toBe('selected');
    expect(selected.decisions[0].selected_requests).toBe(selected.activity.requests);
    const honest = (await get('explain/203.0.5.5')).body;
    const [minute] = honest.busiest_minutes;
    expect(minute.requests_60s).toBeGreaterThan(0);
    expect(minute.requests_60s).toBeGreaterThanOrEqual(minute.requests_20s);
    expect(minute.requests_60s).toBeGreaterThanOrEqual(minute.failing_60s);
    const [visitor] = await clickhouse.query<{ ip: string }>(
      `SELECT replaceOne(toString(client_ip), '::ffff:', '') AS ip FROM requests
       WHERE startsWith(event_id, 'evt_p') AND endpoint = 'POST /login'
       ORDER BY timestamp DESC, event_id LIMIT 1`,
    );
    const { campaigns_around: around } = (await get(`explain/${visitor!.ip}`)).body;
    expect(around[0]).toMatchObject({
      campaign_id: 'cmp_c81f0000000000000000000000',
      scope: 'POST shop.example/login',
    });
    expect(honest.state).toBe('free');
    expect(honest.past_decisions).toHaveLength(1);
    for (const reference of [
      'vrd_5c21e0',
      'cmp_c81f',
      'dec_0e88',
      '198.18.7.9',
      '203.0.5.5',
      'evt_a1',
      'dec_1a',
    ]) {
      const text = await (await fetch(`${service.url}/api/v1/explain/${reference}?format=text`)).text();
      expect(text).not.toMatch(/undefined|NaN|\[object/);
    }
  });

  test('SQL reads and nothing else', async () => {
    const { body } = await post('sql', { sql: 'SELECT campaign_id, title FROM campaigns ORDER BY title;' });
    expect(body.rows).toHaveLength(2);
    expect(body.columns.map((column: { name: string }) => column.name)).toEqual(['campaign_id', 'title']);
    const cut = (await post('sql', { sql: 'SELECT number FROM numbers(1000)' })).body;
    expect([cut.rows.length, cut.truncated]).toEqual([100, true]);
    for (const sql of [
      'DROP TABLE requests',
      'SELECT 1; DROP TABLE requests',
      "SELECT * FROM file('/etc/hostname', 'LineAsString')",
      "SELECT /* a */ `file` /* b */ ('/etc/hostname')",
      `SELECT 1 INTO OUTFILE '${join(folder, 'leak')}'`,
      "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
      'SET readonly = 0',
      'SELECT * FROM requests SETTINGS max_execution_time = 1000',
      "INSERT INTO requests (site) VALUES ('x')",
      'KILL QUERY WHERE 1',
      'SELECT * FROM default.`/etc/hostname`',
      'SELECT nonsense',
      '',
    ])
      expect([sql, (await post('sql', { sql })).status]).toEqual([sql, 400]);
    expect(existsSync(join(folder, 'leak'))).toBe(false);
  });

  test('a command needs the token and reaches the log under the key of its decision', async () => {
    const release = { kind: 'release', decision_id: 'dec_1a01', reason: 'customer called' };
    expect((await post('commands', release)).status).toBe(401);
    expect((await post('commands', release, 'Bearer a token of sixteen or less')).status).toBe(401);
    expect((await post('commands', { ...release, reason: '' }, `Bearer ${token}`)).status).toBe(400);
    expect((await post('commands', { ...release, decision_id: 'dec_none' }, `Bearer ${token}`)).status).toBe(
      404,
    );
    const { status, body } = await post('commands', release, `Bearer ${token}`);
    expect(status).toBe(202);
    const seen = await recordsOf(log, 'commands');
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      key: 'default|ip|198.18.7.9',
      value: {
        command_id: body.command_id,
        kind: 'release',
        decision_id: 'dec_1a01',
        reason: 'customer called',
      },
    });
  });

  test('a page of another name is not answered, and every answer forbids inline code', async () => {
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      request(`${service.url}/api/v1/campaigns`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(421);
    const page = await fetch(`${service.url}/`);
    expect(page.headers.get('content-security-policy')).toMatch(
      /default-src 'none'; script-src 'self'; style-src 'self'/,
    );
    expect((await fetch(`${service.url}/../package.json`)).status).toBe(404);
    expect((await fetch(`${service.url}/%2e%2e/main.ts`)).status).toBe(404);
  });

  const chrome = findBinary('chromium') ?? findBinary('google-chrome');
  const missing = requireCounterpart('Chromium', chrome, 'apt install chromium');
  describe.skipIf(missing !== null)('in a browser', () => {
    let launched: Promise<Browser> | null = null;
    const openPage = async (options?: BrowserContextOptions) => {
      launched ??= chromium.launch({
        executablePath: chrome!,
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      });
      return (await launched).newPage(options);
    };
    afterAll(async () => (await launched)?.close());

    test.each(['light', 'dark'] as const)(
      'every page works without an error or a foreign request (%s)',
      async (colorScheme) => {
        const page = await openPage({ colorScheme, viewport: { width: 1280, height: 900 } });
        const problems: string[] = [];
        page.on('console', (message) => {
          if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
        });
        page.on('pageerror', (error) => problems.push(String(error)));
        page.on('request', (request) => {
          if (!request.url().startsWith(service.url) && !request.url().startsWith('data:'))
            problems.push(`foreign: ${request.url()}`);
        });
        const pictures = process.env['TIDEGATE_SCREENSHOTS'];
        if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
        for (const [path, expected] of [
          ['', 'Credential stuffing'],
          ['campaigns', 'Surge, looks honest'],
          ['campaigns/cmp_c81f0000000000000000000000', 'Version 2'],
          ['decisions', '198.18.8.0/24'],
          ['endpoints', '/wallet/session'],
          ['edges', 'nginx-local'],
          ['explain/198.18.7.9', 'to be stopped'],
          ['sql', 'Read-only'],
        ] as const) {
          await page.goto(`${service.url}/#/${path}`);
          await page.getByText(expected).first().waitFor({ timeout: 10_000 });
          if (path === 'sql') {
            await page.getByRole('button', { name: 'Run' }).click();
            await page.getByText('rows,').waitFor();
          }
          if (pictures !== undefined) {
            await page.waitForTimeout(400);
            await page.screenshot({
              path: join(
                pictures,
                `${colorScheme}-${path.split('/')[0] || 'overview'}${path.includes('/cmp') ? '-one' : ''}.png`,
              ),
              fullPage: true,
            });
          }
        }
        expect(problems).toEqual([]);
        await page.close();
      },
    );

    test('a decision is released from the page', async () => {
      const page = await openPage();
      await page.goto(`${service.url}/#/decisions`);
      await page.getByRole('button', { name: 'Release' }).last().click();
      await page.getByLabel('Why').fill('tested by a browser');
      await page.getByLabel('Token').fill(token);
      await page.locator('dialog').getByRole('button', { name: 'Release' }).click();
      await page.getByText('Asked for').waitFor();
      await page.close();
    });
  });
});

test('where a campaign through a partner went on', async () => {
  const rowsVia = async (partner: string): Promise<number> => {
    const scope = { kind: 'partner_endpoint', key: `POST shop.example/login via ${partner}` };
    const { sql, params } = scopesSql([scope])!;
    const [found] = await clickhouse.query<{ rows: number }>(
      `SELECT toUInt32(count()) AS rows FROM requests WHERE ${sql}`,
      params,
    );
    return found!.rows;
  };
  expect(await rowsVia('acme')).toBe(0);
  await clickhouse.command(
    `INSERT INTO requests SELECT * REPLACE (if(rowNumberInAllBlocks() % 4 = 0, 'acme', 'other') AS partner_id)
     FROM (SELECT * FROM requests WHERE endpoint = 'POST /login' LIMIT 100) AS some`,
  );
  expect(await rowsVia('acme')).toBe(25);
  expect(await rowsVia('nobody')).toBe(0);
  expect(scopesSql([{ kind: 'site', key: 'default' }])).toBeNull();
});

test('where a campaign at a route went on', async () => {
  const rowsAt = async (key: string): Promise<number> => {
    const { sql, params } = scopesSql([{ kind: 'route', key }])!;
    const [found] = await clickhouse.query<{ rows: number }>(
      `SELECT toUInt32(count()) AS rows FROM requests WHERE ${sql}`,
      params,
    );
    return found!.rows;
  };
  await clickhouse.command(
    `INSERT INTO requests SELECT * REPLACE (if(rowNumberInAllBlocks() % 2 = 0, 'POST /de-AT/Enter', 'POST /fr/enter') AS endpoint)
     FROM (SELECT * FROM requests WHERE endpoint = 'POST /login' LIMIT 100) AS some`,
  );
  expect(await rowsAt('POST */fr/enter')).toBe(50);
  expect(await rowsAt('POST */{word}/enter')).toBe(100);
  expect(await rowsAt('GET */{word}/enter')).toBe(0);
});

test('while ClickHouse is away the page says so', async () => {
  const gone = await startConsole(context, consoleConfig.parse({ port: 0 }), {
    clickhouse: {
      ...clickhouse,
      query: async () => {
        throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:8123'), { code: 'ECONNREFUSED' });
      },
    },
  });
  const response = await fetch(`${gone.url}/api/v1/campaigns`);
  expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
    503,
    'ClickHouse: connect ECONNREFUSED 10.0.0.1:8123',
  ]);
  await gone.stop();
});
