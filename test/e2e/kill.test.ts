import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateTraffic } from '../../cli/generate/traffic.ts';
import { isEmbeddedAvailable } from '../../lib/clickhouse/embedded.ts';
import { logConfig } from '../../lib/log/config.ts';
import { openLog } from '../../lib/log/open.ts';
import { requireCounterpart } from '../counterparts/counterpart.ts';
import { localKafkaMissing, startTestKafka } from '../counterparts/kafka.ts';
import { sqlIn } from './harness/console-client.ts';
import { committedOf, lengthOf, untilRead, untilSettled } from './harness/settled.ts';
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
const endMs = startMs + durationMs;

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
    if (event.timestamp >= endMs) return;
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

interface Results {
  readonly verdicts: readonly Found[];
  readonly decisions: readonly Found[];
}

/** What stands in ClickHouse when nobody has it open any more. Every request of the input is there, once. */
async function resultsIn(config: string): Promise<Results> {
  const [requests] = await sqlIn<{ rows: number; ids: number }>(config, requestQuery);
  expect({ rows: Number(requests!.rows), ids: Number(requests!.ids) }).toEqual({ rows: lines, ids: lines });
  return {
    verdicts: await sqlIn<Found>(config, verdictQuery),
    decisions: await sqlIn<Found>(config, decisionQuery),
  };
}

/** The first of what one list has and the other has not: shorter to read than two long lists. */
function difference(expected: readonly Found[], found: readonly Found[]): object {
  const without = (all: readonly Found[], others: readonly Found[]) => {
    const ids = new Set(others.map(({ id }) => id));
    const left = all.filter(({ id }) => !ids.has(id));
    return { count: left.length, first: left.slice(0, 5) };
  };
  return { missing: without(expected, found), extra: without(found, expected) };
}
const none = { missing: { count: 0, first: [] }, extra: { count: 0, first: [] } };

async function undisturbed(): Promise<Results> {
  const { file, log: section } = configOf('calm');
  const up = await startUp(file);
  const log = await openLog(logConfig.parse(section));
  await untilSettled(log, endMs, { withinMs: 120_000, watch: [up.process] });
  await log.close();
  expect(await up.process.stop()).toBe(0);
  return resultsIn(file);
}

describe.skipIf(missing !== null)('kill -9 of every service', () => {
  test('changes no verdict and no row', async () => {
    const phases: string[] = [];
    let phaseFrom = performance.now();
    const phase = (name: string): void => {
      phases.push(`${name} ${((performance.now() - phaseFrom) / 1000).toFixed(0)} s`);
      phaseFrom = performance.now();
    };
    const expected = await undisturbed();
    phase('undisturbed');
    expect(expected.verdicts.length).toBeGreaterThan(3);

    const { file, log: section } = configOf('killed');
    const log = await openLog(logConfig.parse(section));
    const processes = new Map<ServiceName, TidegateProcess>();
    const watch = (): TidegateProcess[] => [...processes.values()];
    const start = (name: ServiceName): void => {
      processes.set(name, startTidegate(['--config', file, name], { name }));
    };
    const stop = async (name: ServiceName): Promise<void> => {
      const running = processes.get(name)!;
      processes.delete(name);
      const code = await running.stop();
      if (code !== 0) throw new Error(`${name} ended with code ${code}\n${running.tail()}`);
    };
    const progress: Record<string, number> = {};
    /** Kills a service at the first sign of what it does, long before it is done, and starts it again. */
    const killWhen = async (name: ServiceName, done: () => Promise<number>, from: number): Promise<void> => {
      await until(
        `${name} is in the middle of its work`,
        async () => {
          progress[name] = await done();
          return progress[name] >= from;
        },
        { withinMs: 120_000, everyMs: 20, watch },
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
      killWhen('collector', () => lengthOf(log, 'requests.raw'), lines * 0.1),
      killWhen('enricher', () => lengthOf(log, 'requests.enriched'), lines * 0.1),
      // With a checkpoint behind it, and work since then.
      killWhen(
        'detector',
        async () => {
          const checkpoint = await committedOf(log, 'tidegate.detector.match', 'requests.enriched');
          return checkpoint === 0 ? 0 : lengthOf(log, 'aggregates');
        },
        250,
      ),
      killWhen('archiver', () => committedOf(log, 'tidegate.archiver', 'requests.enriched'), lines * 0.2),
      // How many there will be depends on what the campaign has in common, and so on the minute of the run.
      killWhen(
        'actuator',
        () => lengthOf(log, 'decisions'),
        Math.min(20, Math.ceil(expected.decisions.length / 3)),
      ),
    ]);
    phase('kills');
    // There was work left to do.
    for (const name of ['collector', 'enricher', 'archiver'] as const)
      expect(progress[name], `${name} was killed too late`).toBeLessThan(lines);

    await untilSettled(log, endMs, { withinMs: 120_000, watch });
    phase('settling');
    // Stopped in the order of the flow, each when it has taken in what came before it.
    const waiting = { withinMs: 60_000, watch };
    await stop('collector');
    await untilRead(log, 'requests.raw', ['tidegate.enricher'], waiting);
    await stop('enricher');
    await stop('detector');
    await untilRead(log, 'verdicts', ['tidegate.decider'], waiting);
    await stop('actuator');
    for (const topic of ['requests.enriched', 'verdicts', 'decisions'] as const)
      await untilRead(log, topic, ['tidegate.archiver'], waiting);
    await stop('archiver');
    await log.close();

    const found = await resultsIn(file);
    console.log(
      `${lines} requests, ${expected.verdicts.length} verdicts, ${expected.decisions.length} decisions; ${phases.join(', ')}; killed at`,
      progress,
    );
    expect(difference(expected.verdicts, found.verdicts)).toEqual(none);
    expect(difference(expected.decisions, found.decisions)).toEqual(none);
  }, 400_000);
});
