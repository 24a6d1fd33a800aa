import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isEmbeddedAvailable } from '../../lib/clickhouse/embedded.ts';
import { type LocalRegistry, startLocalRegistry } from '../../lib/engines/local-registry.ts';
import { requireCounterpart } from '../counterparts/counterpart.ts';
import { localKafkaMissing, startTestKafka, testCacheDir } from '../counterparts/kafka.ts';
import { findNginx, type NginxWithInclude, startNginxWithInclude } from '../counterparts/nginx.ts';
import { allStarted } from './harness/all-started.ts';
import { sqlOf } from './harness/console-client.ts';
import { sendLive } from './harness/live-sender.ts';
import { requestAs } from './harness/nginx-request.ts';
import { killLeftovers } from './harness/tidegate.ts';
import {
  type Abuser,
  hammerLogin,
  merged,
  prepareHonest,
  sweepStock,
  type TrafficEvent,
} from './harness/traffic.ts';
import { until } from './harness/until.ts';
import { anyPorts, type RunningUp, startUp } from './harness/up.ts';
import { createWorkspace, testSecret } from './harness/workspace.ts';

/**
 * The whole flow with real counterparts: HTTP -> Kafka with a schema registry -> embedded ClickHouse and nginx. What
 * abuses gets 403 from nginx, everybody else gets 200, and SQL finds why.
 */
const missing =
  (await localKafkaMissing()) ??
  requireCounterpart('nginx', findNginx()) ??
  requireCounterpart('chdb', await isEmbeddedAvailable(), 'run npm install chdb');

const stuffer: Abuser = {
  client_ip: '203.0.113.66',
  user_agent: 'python-requests/2.32.3',
  ja4: 't13d190900_9dc949149365_97f8aa674fd9',
};
const sweeper: Abuser = {
  client_ip: '2001:db8:bad::66',
  user_agent:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/58.0.3029.110 Safari/537.36',
  ja4: 't13d1516h2_8daaf6152771_02713d6af862',
};
const abusers = new Set([stuffer.client_ip, sweeper.client_ip]);

const people = prepareHonest(40, 180_000);
const workspace = createWorkspace('pipeline');
let kafka: Awaited<ReturnType<typeof startTestKafka>>;
let registry: LocalRegistry;
let nginx: NginxWithInclude;
let up: RunningUp;

beforeAll(async () => {
  if (missing !== null) return;
  await allStarted(
    startTestKafka().then((started) => {
      kafka = started;
    }),
    startLocalRegistry({
      dataDir: workspace.path('registry'),
      cacheDir: testCacheDir,
      env: process.env,
    }).then((started) => {
      registry = started;
    }),
    startNginxWithInclude({
      server: `
    add_header X-Reference-Id $tidegate_decision always;
    if ($tidegate_block) { return 403; }
    location / { return 200 "welcome\\n"; }`,
    }).then((started) => {
      nginx = started;
    }),
  );
  up = await startUp(
    workspace.config('tidegate.yaml', {
      ...anyPorts,
      instance: 'e2e',
      secret: testSecret,
      data_dir: workspace.path('state'),
      log: {
        kind: 'kafka',
        brokers: [...kafka.brokers],
        traffic_partitions: 4,
        registry: { url: registry.url },
      },
      collector: { http: { port: 0 } },
      archiver: { batch_interval: '200ms' },
      actuator: {
        api: { port: 0 },
        edges: [{ ...nginx.edge, name: 'web', dry_run: false }],
      },
    }),
  );
});
afterAll(async () => {
  await killLeftovers();
  await nginx?.stop();
  await Promise.all([kafka?.stop(), registry?.stop()]);
  workspace.remove();
});

describe.skipIf(missing !== null)('events over HTTP, on Kafka with a registry, ClickHouse and nginx', () => {
  test('stop those who abuse at nginx, and nobody else', async () => {
    const startMs = Date.now();
    const honest: TrafficEvent[] = [];
    const sender = sendLive(
      up.eventsUrl,
      merged(
        people.from(startMs),
        hammerLogin(stuffer, startMs + 5000, 25),
        sweepStock(sweeper, startMs + 5000, 25),
      ),
      {
        onEvent: (event) => {
          if (!abusers.has(event.client_ip)) honest.push(event);
        },
      },
    );
    const attempts = [hammerLogin(stuffer, 0, 1, 1), sweepStock(sweeper, 0, 1, 1)].map(
      (stream) => stream.next().value as TrafficEvent,
    );
    for (const attempt of attempts) expect((await requestAs(nginx.port, attempt)).status).toBe(200);

    let answers: unknown = [];
    const stopped = await Promise.race([
      sender.failed,
      until(
        'nginx answers 403 to both who abuse',
        async () => {
          const now = await Promise.all(attempts.map((attempt) => requestAs(nginx.port, attempt)));
          answers = now;
          return now.every(({ status }) => status === 403) && now;
        },
        { withinMs: 90_000, watch: [up.process] },
        () => ({ answers, sent: sender.sent() }),
      ),
    ]);
    const blockedAfterMs = Date.now() - (startMs + 5000);
    const sent = await sender.stop();
    console.log(`blocked ${(blockedAfterMs / 1000).toFixed(1)} s after the first abuse, ${sent} events`);

    // Everybody else is served, with the very requests that were seen of them.
    expect(new Set(honest.map((event) => event.client_ip)).size).toBeGreaterThan(20);
    const refused: unknown[] = [];
    for (const event of honest.slice(-400)) {
      const answer = await requestAs(nginx.port, event);
      if (answer.status !== 200) refused.push({ event, answer });
    }
    expect(refused).toEqual([]);

    // ClickHouse has every request once, and SQL finds the chain from verdict to edge.
    let counted: unknown;
    await until(
      'every request is archived',
      async () => {
        [counted] = await sqlOf(
          up.consoleUrl,
          'SELECT count() AS rows, uniqExact(event_id) AS ids FROM requests',
        );
        return Number((counted as { rows: number }).rows) >= sent;
      },
      { withinMs: 30_000, watch: [up.process] },
      () => ({ counted, sent }),
    );
    expect(counted).toEqual({ rows: sent, ids: sent });
    for (const [index, { client_ip: address }] of [stuffer, sweeper].entries()) {
      const decision = stopped[index]!.reference;
      const find = (sql: string) => sqlOf(up.consoleUrl, sql);
      expect(decision).toMatch(/^dec_[a-z2-7]+$/);
      const [seen] = await find(
        `SELECT count() AS requests FROM requests WHERE client_ip = toIPv6('${address}')`,
      );
      expect(Number(seen!['requests'])).toBeGreaterThan(30);
      const rows = await until(
        `the decision about ${address} is archived with its cause and what the edge did`,
        async () => {
          const found = await find(
            `SELECT d.target_kind AS target_kind, d.target_value AS target, d.action AS action, d.state AS state,
               v.policy_id != '' AS has_verdict, length(v.evidence) > 0 AS has_evidence, e.result AS result
             FROM decisions AS d
             INNER JOIN verdicts AS v ON v.target_kind = d.target_kind AND v.target_value = d.target_value
             INNER JOIN (SELECT * FROM edge_actions WHERE edge = 'web' AND operation = 'add' AND NOT dry_run) AS e
               ON e.decision_id = d.decision_id
             WHERE d.decision_id = '${decision}'`,
          );
          return found.length > 0 && found;
        },
        { withinMs: 20_000, watch: [up.process] },
        () => ({ decision }),
      );
      expect(rows[0]).toMatchObject({ action: 'block', state: 'active', has_verdict: 1, has_evidence: 1 });
      // Support staff type in what the block page shows.
      const explained = await fetch(`${up.consoleUrl}/api/v1/explain/${decision}?format=text`);
      expect(explained.status).toBe(200);
      expect(await explained.text()).toContain(String(rows[0]!['target']));
    }
    // The schemas that were used are in the registry.
    const subjects = (await (await fetch(`${registry.url}/subjects`)).json()) as string[];
    expect(subjects.some((subject) => subject.includes('requests.raw'))).toBe(true);

    expect(await up.process.stop()).toBe(0);
  }, 240_000);
});
