import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import { migrate } from '../../lib/clickhouse/migrations.ts';
import type { RunningService } from '../../lib/lifecycle.ts';
import { deadLetterRecord, makeDeadLetter, unknownSite } from '../../lib/log/dead-letter.ts';
import type { GroupHandler } from '../../lib/log/log.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import type { ArchiverConfig } from './config.ts';
import { type ArchivedTopic, archivedTopics, tables } from './destinations.ts';
import { createFindingStore } from './finding-archive.ts';
import { createInserter, type PlacedRow } from './inserter.ts';
import { createOwnership } from './ownership.ts';
import { createPartitionArchive, type PartitionArchive, type Store } from './partition-archive.ts';
import { createRequestStore } from './request-archive.ts';

export const archiverGroup = 'tidegate.archiver';

/**
 * Moves topics to ClickHouse, each request once and each finding in its newest revision. ClickHouse being slow or away
 * makes lag and nothing else: no other part of the pipeline waits for it.
 */
export async function startArchiver(
  context: ServiceContext,
  config: ArchiverConfig,
  clickhouse: ClickHouse,
): Promise<RunningService> {
  const { log, metrics, now } = context;
  const logger = context.logger.child({ 'event.dataset': 'tidegate.archiver' });
  if (clickhouse.kind === 'none') return idle(clickhouse.description, (message) => logger.warn(message));

  const producer = await log.producer(`tidegate-archiver-${context.instance}`);
  const inserter = createInserter({ clickhouse, logger, metrics, now });
  const partitions = new Map<string, PartitionArchive<ArchivedTopic>>();
  let stopping = false;
  let fail = (_error: unknown): void => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failure.catch(() => {});
  let prepared: Promise<unknown> | null = null;
  /** Once for all partitions; a failed attempt is made again by the next one who asks. */
  const prepare = (): Promise<unknown> => {
    prepared ??= migrate(clickhouse).catch((error: unknown) => {
      prepared = null;
      throw error;
    });
    return prepared;
  };

  const setAside = async (
    topic: ArchivedTopic,
    offset: number,
    partition: number,
    site: string,
    detail: string,
    original: string | Uint8Array,
    reason: string,
  ): Promise<void> => {
    metrics.deadLetters.inc({ step: 'archiver', reason });
    logger.error({ 'event.action': 'set-aside' }, `${topic}[${partition}]@${offset} set aside: ${detail}`);
    // A dead letter that can not be stored would come back as a dead letter for ever: the log line has to do.
    if (topic === 'dead-letters') return;
    await producer.send([
      deadLetterRecord(
        makeDeadLetter({
          step: 'archiver',
          site: site || unknownSite,
          sourceId: topic,
          position: `${topic}[${partition}]@${offset}`,
          reason,
          detail,
          original,
          at: now(),
        }),
      ),
    ]);
  };

  const open = (
    topic: ArchivedTopic,
    partition: number,
    handedOver: boolean,
  ): PartitionArchive<ArchivedTopic> => {
    const ownership = createOwnership();
    const shared = {
      inserter,
      partition,
      batchRows: config.batch_rows,
      ownership,
      refused: (row: PlacedRow, detail: string) =>
        setAside(topic, row.offset, partition, row.site, detail, JSON.stringify(row.row), 'invalid'),
    };
    const store: Store<ArchivedTopic> =
      topic === 'requests.enriched'
        ? createRequestStore({
            ...shared,
            clickhouse,
            logger,
            metrics,
            handOverWaitMs: handedOver && clickhouse.kind === 'server' ? config.hand_over_wait : 0,
          })
        : createFindingStore({ ...shared, topic });
    const labels = { group: archiverGroup, topic, partition };
    return createPartitionArchive<ArchivedTopic>({
      store: {
        store: async (records) => {
          await inserter.patiently('preparing the tables', ownership, prepare);
          const done = metrics.stageDuration.startTimer({ stage: `archiver ${tables[topic]}` });
          await store.store(records);
          done();
        },
      },
      batchRows: config.batch_rows,
      intervalMs: config.batch_interval,
      ownership,
      stored: (nextOffset, highWatermark) =>
        metrics.consumerLag.set(labels, Math.max(0, highWatermark - nextOffset)),
      commitFailed: (error) => logger.debug({ err: error }, `commit of ${topic}[${partition}] failed`),
      fatal: (error) => fail(error),
    });
  };

  const handler: GroupHandler<ArchivedTopic> = {
    assigned: async (topic, partition, committed) => {
      const key = `${topic}/${partition}`;
      await partitions.get(key)?.drop();
      partitions.set(key, open(topic, partition, committed !== null && log.kind === 'kafka'));
      return committed?.offset ?? 'earliest';
    },
    batch: async (batch, commit) => {
      if (stopping) return;
      for (const bad of batch.undecodable)
        await setAside(
          batch.topic,
          bad.offset,
          batch.partition,
          unknownSite,
          bad.detail,
          bad.bytes,
          'undecodable',
        );
      await partitions.get(`${batch.topic}/${batch.partition}`)!.add(batch, commit);
    },
    revoked: async (topic, partition) => {
      const key = `${topic}/${partition}`;
      const archive = partitions.get(key);
      partitions.delete(key);
      await archive?.drop();
    },
  };
  const subscription = await log.subscribe(archiverGroup, archivedTopics, handler);

  /** The in-process log ends with the process, so what it still holds is archived before. */
  const drained = async (deadline: number): Promise<void> => {
    while (performance.now() < deadline) {
      let behind = 0;
      for (const topic of archivedTopics) {
        const { endOffsets } = await log.status(topic);
        for (const [partition, end] of endOffsets.entries())
          behind += Math.max(0, end - Math.max(0, partitions.get(`${topic}/${partition}`)?.taken() ?? 0));
      }
      if (behind === 0) return;
      await Promise.race([flushAll(), sleep(20)]);
      await sleep(5);
    }
    logger.warn('stopped before everything in the log was archived');
  };
  const flushAll = (): Promise<unknown> =>
    Promise.allSettled([...partitions.values()].map((archive) => archive.flush()));

  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    const deadline = performance.now() + config.stop_timeout;
    if (log.kind === 'memory' && inserter.trouble() === null) await drained(deadline);
    const late = new AbortController();
    await Promise.race([
      flushAll(),
      sleep(Math.max(0, deadline - performance.now()), undefined, { signal: late.signal }).catch(() => {}),
    ]);
    late.abort();
    stopping = true;
    await Promise.all([...partitions.values()].map((archive) => archive.drop()));
    await subscription.close();
    await producer.close();
  };
  return {
    name: 'archiver',
    notReady: () => {
      const trouble = inserter.trouble();
      if (trouble !== null && now() - trouble.since > config.not_ready_after)
        return `ClickHouse does not answer since ${new Date(trouble.since).toISOString()}: ${trouble.message}`;
      return subscription.ready() ? null : 'joining the consumer group';
    },
    done: Promise.race([subscription.done, failure]),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Without ClickHouse the pipeline runs, and nothing is kept. */
function idle(reason: string, warn: (message: string) => void): RunningService {
  warn(`nothing is archived: ${reason}`);
  let resolve = (): void => {};
  const done = new Promise<void>((settle) => {
    resolve = settle;
  });
  return {
    name: 'archiver',
    notReady: () => null,
    done,
    stop: async () => resolve(),
  };
}
