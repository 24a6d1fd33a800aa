import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpointDirectory } from '../../lib/log/checkpoint-directory.ts';
import { logConfig } from '../../lib/log/config.ts';
import type { Log } from '../../lib/log/log.ts';
import { openLog } from '../../lib/log/open.ts';
import { recordsOf } from '../../lib/log/read-topic.ts';
import type { CheckpointStore } from '../../lib/log/step.ts';
import { silentLogger } from '../../lib/observability/logger.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import { localKafkaMissing, startTestKafka } from '../../test/counterparts/kafka.ts';
import { detectorConfig } from './config.ts';
import { startDetector } from './main.ts';
import { policySetOut } from './policies/policy-set.ts';
import { changedSet, switchingStream } from './policies/switching.test-fixture.ts';
import { idsOf, type Run, runDetector } from './run.test-fixture.ts';
import { records } from './traffic.test-fixture.ts';

/** The detector on a real Kafka finds what it finds in one process, on any number of partitions and instances. */
const missing = await localKafkaMissing();
const loops = [
  ['tidegate.detector.combine', 'requests.enriched'],
  ['tidegate.detector.reduce', 'aggregates'],
  ['tidegate.detector.keyed', 'keyed'],
  ['tidegate.detector.match', 'requests.enriched'],
] as const;

interface Instance {
  readonly log: Log;
  readonly service: Awaited<ReturnType<typeof startDetector>>;
}

describe.skipIf(missing !== null)('the detector on Kafka', () => {
  let kafka: Awaited<ReturnType<typeof startTestKafka>>;
  let folder: string;
  beforeAll(async () => {
    kafka = await startTestKafka();
    folder = await mkdtemp(join(tmpdir(), 'tidegate-detector-test-'));
  });
  afterAll(async () => {
    await kafka?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const sketches = switchingStream();
  const openAt = (partitions: number): Promise<Log> =>
    openLog(
      logConfig.parse({
        brokers: kafka.brokers,
        traffic_partitions: partitions,
        topic_prefix: `p${partitions}.`,
        session_timeout: '6s',
      }),
    );

  async function start(partitions: number, name: string, checkpoints: CheckpointStore): Promise<Instance> {
    const log = await openAt(partitions);
    const service = await startDetector(
      {
        log,
        logger: silentLogger,
        metrics: createMetrics(),
        instance: name,
        secret: Buffer.alloc(32, 7),
        checkpoints,
        // after everything in the stream: nothing waits to be settled
        now: () => sketches.at(-1)!.at + 60_000 + performance.now(),
      },
      detectorConfig.parse({ checkpoint_every: '1s' }),
      { followPolicies: true },
    );
    while (service.notReady() !== null) await pause();
    return { log, service };
  }
  async function stop(instances: readonly Instance[]): Promise<void> {
    await Promise.all(instances.map(({ service }) => service.stop()));
    await Promise.all(instances.map(({ log }) => log.close()));
  }

  /** Whether every loop has gone through its topic: stopped instances have committed where they stand. */
  async function isThrough(log: Log): Promise<boolean> {
    for (const [group, topic] of loops) {
      const { endOffsets } = await log.status(topic);
      const committed = await log.committed(group, topic);
      if (endOffsets.some((end, partition) => (committed[partition]?.offset ?? 0) < end)) return false;
    }
    return true;
  }

  /** `restart`: one instance leaves in the middle, with the switch of policies still to come, and another one joins. */
  async function run(partitions: number, names: readonly string[], restart: boolean): Promise<Run> {
    const log = await openAt(partitions);
    await log.ensureTopics();
    const producer = await log.producer('test');
    await producer.send([policySetOut(changedSet)]);
    const checkpoints = await openCheckpointDirectory(join(folder, `${partitions}`));
    let instances = await Promise.all(names.map((name) => start(partitions, name, checkpoints)));
    const input = records(sketches, partitions);
    const half = restart ? Math.floor(input.length * 0.8) : input.length;
    await producer.send(input.slice(0, half));
    if (restart) {
      await stop(instances.splice(0, 1));
      instances.push(await start(partitions, 'late', checkpoints));
      await producer.send(input.slice(half));
    }
    for (;;) {
      await pause(1500);
      await stop(instances);
      if (await isThrough(log)) break;
      instances = await Promise.all(names.map((name) => start(partitions, name, checkpoints)));
    }
    const campaigns = (await recordsOf(log, 'campaigns')).flatMap((record) =>
      record.type === 'Campaign' ? [record.value] : [],
    );
    const verdicts = (await recordsOf(log, 'verdicts')).map(({ value }) => value);
    await producer.close();
    await log.close();
    return { campaigns, verdicts, goodClients: [], evaluations: [] };
  }

  test.each([
    { partitions: 1, names: ['a'], restart: false },
    { partitions: 4, names: ['a', 'b'], restart: true },
    { partitions: 8, names: ['a', 'b'], restart: false },
  ])('$partitions partitions, instances $names, restart $restart', async ({ partitions, names, restart }) => {
    const inProcess = await runDetector(sketches, {
      published: { sets: [changedSet], wall: sketches.at(-1)!.at + 60_000 },
    });
    expect(inProcess.verdicts.length).toBeGreaterThan(3);
    expect(idsOf(await run(partitions, names, restart))).toEqual(idsOf(inProcess));
  });
});

const pause = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
