import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateTraffic } from '../../cli/generate/traffic.ts';
import { isEmbeddedAvailable } from '../../lib/clickhouse/embedded.ts';
import type { Verdict } from '../../lib/contracts/generated.ts';
import { type TopicName, topics } from '../../lib/contracts/topics.ts';
import { logConfig } from '../../lib/log/config.ts';
import type { Log } from '../../lib/log/log.ts';
import { openLog } from '../../lib/log/open.ts';
import { requireCounterpart } from '../counterparts/counterpart.ts';
import { localKafkaMissing, startTestKafka } from '../counterparts/kafka.ts';
import { sqlIn, sqlOf } from './harness/console-client.ts';
import { killLeftovers, startTidegate, type TidegateProcess } from './harness/tidegate.ts';
import { hammerLogin, merged, sweepStock, type TrafficEvent } from './harness/traffic.ts';
import { until } from './harness/until.ts';
import { anyPorts, startUp } from './harness/up.ts';
import { createWorkspace, testSecret } from './harness/workspace.ts';

/**
 * Every service is killed (SIGKILL) in the middle of a run on a real Kafka and started again. Afterwards there are the
 * verdicts and decisions of a run that nobody disturbed, and each request stands in ClickHouse exactly once.
 */
const missing =
  (await localKafkaMissing()) ??
  requireCounterpart('chdb', await isEmbeddedAvailable(), 'run npm install chdb');

const serviceNames = ['archiver', 'actuator', 'detector', 'enricher', 'collector'] as const;
type ServiceName = (typeof serviceNames)[number];
interface Found {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
}

/** Recent, so that no retention applies; over long before the run, so that no clock waits for it. */
const durationMs = 5 * 60_000;
const startMs = Math.floor(Date.now() / 60_000) * 60_000 - 15 * 60_000;

/** A credential stuffing from many addresses, and two single abusers, among the people of a shop and a bank. */
function* traffic(): Generator<TrafficEvent> {
  const scenario = { scenario: 'credential-stuffing', seed: 5, startMs, durationMs, scale: 0.5 } as const;
  const abuser = (client_ip: string) => ({
    client_ip,
    user_agent: 'python-requests/2.32.3',
    ja4: 't13d190900_9dc949149365_97f8aa674fd9',
  });
  const streams = merged(
    (function* () {
      for (const { event } of generateTraffic(scenario)) yield { ...event } as TrafficEvent;
    })(),
    hammerLogin(abuser('203.0.113.66'), startMs + 60_000, 12, 1000),
    sweepStock(abuser('2001:db8:bad::66'), startMs + 90_000, 15, 1500),
  );
  let index = 0;
  for (const event of streams) {
    if (event.timestamp >= startMs + durationMs) return;
    yield { ...event, event_id: `evt_kill_${index++}` };
  }
}

const workspace = createWorkspace('kill');
let kafka: Awaited<ReturnType<typeof startTestKafka>>;
let lines = 0;
const logFile = workspace.path('access.ndjson');

beforeAll(async () => {
  if (missing !== null) return;
  const file = createWriteStream(logFile);
  for (const event of traffic()) {
    lines++;
    if (!file.write(`${JSON.stringify(event)}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  kafka = await startTestKafka();
});
afterAll(async () => {
  await killLeftovers();
  await kafka?.stop();
  workspace.remove();
});

/** The same pipeline twice: only where things are kept differs. */
function configOf(name: string): { readonly file: string; readonly log: object } {
  const log = {
    kind: 'kafka',
    brokers: [...kafka.brokers],
    topic_prefix: `${name}.`,
    traffic_partitions: 4,
    session_timeout: '6s',
  };
  const file = workspace.config(`${name}.yaml`, {
    ...anyPorts,
    instance: name,
    secret: testSecret,
    data_dir: workspace.path(name),
    log,
    collector: {
      http: { enabled: false },
      files: [{ id: 'access', path: logFile, format: 'ndjson', from: 'start' }],
    },
    detector: { checkpoint_every: '1s' },
    archiver: { batch_rows: 2000, batch_interval: '200ms' },
    actuator: { api: { port: 0 }, edges: [{ kind: 'feed', name: 'blocklist', dry_run: false }] },
  });
  return { file, log };
}

const verdictQuery =
  'SELECT verdict_id AS id, policy_id AS kind, target_value AS target FROM verdicts ORDER BY id';
const decisionQuery =
  'SELECT decision_id AS id, target_kind AS kind, target_value AS target FROM decisions ORDER BY id';
const requestQuery = 'SELECT count() AS rows, uniqExact(event_id) AS ids FROM requests';

async function undisturbed(): Promise<{ verdicts: Found[]; decisions: Found[] }> {
  const up = await startUp(configOf('calm').file);
  const watch = [up.process];
  let seen: unknown;
  await until(
    'the undisturbed run archives every request',
    async () => {
      const [row] = await sqlOf<{ rows: number }>(up.consoleUrl, requestQuery);
      seen = row;
      return Number(row!.rows) >= lines;
    },
    { withinMs: 120_000, everyMs: 250, watch },
    () => ({ seen, lines }),
  );
  // Decided is what the clock has passed; it passes the last pane as soon as the file is read to its end.
  let before = '';
  let since = performance.now();
  const settled = await until(
    'the undisturbed run comes to rest',
    async () => {
      const verdicts = await sqlOf<Found>(up.consoleUrl, verdictQuery);
      const decisions = await sqlOf<Found>(up.consoleUrl, decisionQuery);
      const now = JSON.stringify([verdicts, decisions]);
      if (now !== before || verdicts.length === 0 || decisions.length === 0) {
        before = now;
        since = performance.now();
        return null;
      }
      return performance.now() - since > 3000 && { verdicts, decisions };
    },
    { withinMs: 120_000, everyMs: 250, watch },
    () => before.slice(0, 2000),
  );
  expect(await up.process.stop()).toBe(0);
  return settled;
}

/** How far a topic has come, over all partitions. */
async function length(log: Log, topic: TopicName): Promise<number> {
  const { endOffsets } = await log.status(topic);
  return endOffsets.reduce((sum, end) => sum + end, 0);
}

async function committed(log: Log, group: string, topic: TopicName): Promise<number> {
  const offsets = await log.committed(group, topic);
  return offsets.reduce((sum, entry) => sum + (entry?.offset ?? 0), 0);
}

describe.skipIf(missing !== null)('kill -9 of every service', () => {
  test('changes no verdict and no row', async () => {
    const expected = await undisturbed();
    expect(expected.verdicts.length).toBeGreaterThan(3);

    const { file, log: logSection } = configOf('killed');
    const log = await openLog(logConfig.parse(logSection));
    const processes = new Map<ServiceName, TidegateProcess>();
    const watch = (): TidegateProcess[] => [...processes.values()];
    const start = (name: ServiceName): void => {
      processes.set(name, startTidegate(['--config', file, name], { name }));
    };
    const progress: Record<string, number> = {};
    /** Kills a service at the first sign of what it does, long before it is done. */
    const killWhen = async (name: ServiceName, done: () => Promise<number>, from: number): Promise<void> => {
      await until(
        `${name} is in the middle of its work`,
        async () => {
          progress[name] = await done();
          return progress[name] >= from;
        },
        { withinMs: 60_000, everyMs: 20, watch },
        () => progress,
      );
      const killed = processes.get(name)!;
      processes.delete(name);
      await killed.kill();
      progress[name] = await done();
      start(name);
    };

    // Topics first, so that five services do not all create them at once.
    await log.ensureTopics();
    for (const name of serviceNames) start(name);
    await Promise.all([
      killWhen('collector', () => length(log, 'requests.raw'), lines * 0.1),
      killWhen('enricher', () => length(log, 'requests.enriched'), lines * 0.1),
      killWhen('detector', () => length(log, 'aggregates'), 50),
      killWhen('archiver', () => committed(log, 'tidegate.archiver', 'requests.enriched'), lines * 0.05),
      killWhen('actuator', () => length(log, 'decisions'), 1),
    ]);
    // All of them were killed with work left to do.
    expect(progress['enricher']).toBeLessThan(lines);
    expect(progress['archiver']).toBeLessThan(lines);

    const verdicts = new Map<string, Verdict>();
    let campaignClock = 0;
    const verdictTail = await log.tail({
      topic: 'verdicts',
      from: 'earliest',
      onBatch: ({ records }) => {
        for (const { value } of records) verdicts.set(value.verdict_id, value);
      },
    });
    const campaignTail = await log.tail({
      topic: 'campaigns',
      from: 'earliest',
      onBatch: ({ records }) => {
        for (const record of records)
          if (record.type === 'CampaignTick') campaignClock = Math.max(campaignClock, record.value.clock_at);
      },
    });
    const missingVerdicts = () => expected.verdicts.filter(({ id }) => !verdicts.has(id));
    await until(
      'the killed run comes to the verdicts of the undisturbed one',
      () => campaignClock > startMs + durationMs && missingVerdicts().length === 0,
      { withinMs: 90_000, watch },
      () => ({
        missing: missingVerdicts(),
        extra: [...verdicts.keys()].filter((id) => !expected.verdicts.some((verdict) => verdict.id === id)),
        campaignClock: new Date(campaignClock).toISOString(),
        endOfInput: new Date(startMs + durationMs).toISOString(),
        progress,
      }),
    );
    await verdictTail.close();
    await campaignTail.close();

    // Stop in the order of the flow, each when it has taken in what came before it.
    const drained = async (group: string, readTopics: readonly TopicName[]): Promise<void> => {
      const behind: Record<string, number> = {};
      await until(
        `${group} has read everything`,
        async () => {
          for (const topic of readTopics)
            behind[topic] = (await length(log, topic)) - (await committed(log, group, topic));
          return Object.values(behind).every((records) => records <= 0);
        },
        { withinMs: 30_000, watch },
        () => behind,
      );
    };
    const stop = async (name: ServiceName): Promise<void> => {
      const running = processes.get(name)!;
      processes.delete(name);
      const code = await running.stop();
      if (code !== 0) throw new Error(`${name} ended with code ${code}\n${running.tail()}`);
    };
    await stop('collector');
    await drained('tidegate.enricher', ['requests.raw']);
    await stop('enricher');
    await stop('detector');
    await drained('tidegate.decider', ['verdicts']);
    await stop('actuator');
    const archived = (Object.keys(topics) as TopicName[]).filter((topic) =>
      (topics[topic].consumers as readonly string[]).includes('archiver'),
    );
    await drained('tidegate.archiver', archived);
    await stop('archiver');
    await log.close();

    const [requests] = await sqlIn<{ rows: number; ids: number }>(file, requestQuery);
    expect({ rows: Number(requests!.rows), ids: Number(requests!.ids) }).toEqual({ rows: lines, ids: lines });
    expect(await sqlIn<Found>(file, verdictQuery)).toEqual(expected.verdicts);
    expect(await sqlIn<Found>(file, decisionQuery)).toEqual(expected.decisions);
  }, 240_000);
});
