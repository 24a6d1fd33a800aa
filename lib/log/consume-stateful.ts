import type { TopicName } from '../contracts/topics.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { bugDeadLetter, createDelivery } from './batch-delivery.ts';
import { checkpointPrefix, giveUp, restoreCheckpoint } from './checkpoint.ts';
import type { Consumption } from './consume.ts';
import { openCrashMarker } from './crash-marker.ts';
import type { GroupHandler, Log } from './log.ts';
import { PartitionLostError } from './partition-lost.ts';
import { createStatefulPartition, type StatefulPartition } from './stateful-partition.ts';
import type { CheckpointStore, PartitionState, StatefulStep } from './step.ts';

/**
 * The batch loop of a step whose state belongs to the input partition. It commits only at a checkpoint, offset and
 * checkpoint name in one write, so a kill between any two operations only repeats work: the next owner loads the state
 * that belongs to the committed offset. Records below the state's position are skipped.
 *
 * In the memory log it commits as it goes and writes no checkpoint: there the process is the durability.
 */
export async function consumeStateful<T extends TopicName>(options: {
  readonly log: Log;
  readonly group: string;
  readonly topic: T;
  readonly step: StatefulStep<T>;
  readonly checkpoints: CheckpointStore;
  readonly checkpointEveryMs: number;
  readonly instance: string;
  readonly now: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}): Promise<Consumption> {
  const { log, group, step, checkpoints, logger, metrics, now } = options;
  const durable = log.kind !== 'memory';
  const producer = await log.producer(step.name);
  const delivery = createDelivery({ producer, step: step.name, group, metrics, now });
  const owned = new Map<number, StatefulPartition<T>>();
  let closing = false;

  const handler: GroupHandler<T> = {
    views: step.views ?? false,
    assigned: async (topic, partition, committed) => {
      const where = `${group} ${topic}[${partition}]`;
      const prefix = checkpointPrefix(group, topic, partition);
      let restored =
        committed === null || !durable
          ? null
          : await restoreCheckpoint({ committed, checkpoints, layoutHash: step.layoutHash, where });
      let state: PartitionState<T>;
      try {
        state = step.open(partition, restored?.snapshot ?? null);
      } catch (error) {
        if (restored?.snapshot == null) throw error;
        restored = giveUp(restored, `its state cannot be opened (${String(error)})`);
        state = step.open(partition, null);
      }
      if (restored?.lost != null)
        logger.warn(
          { topic, partition, offset: restored.offset },
          `${restored.lost}: starting without state`,
        );
      const position = restored?.offset ?? committed?.offset ?? null;
      owned.set(
        partition,
        createStatefulPartition({
          ...options,
          partition,
          prefix,
          durable,
          delivery,
          state,
          position: position ?? 0,
          rewind: restored?.rewind ?? [],
          crashes: durable ? await openCrashMarker(checkpoints, prefix) : null,
          deadLetter: (record, error) => bugDeadLetter(step.name, record, error, now()),
        }),
      );
      return position ?? 'earliest';
    },
    batch: async (batch, commit) => {
      const started = performance.now();
      const partition = owned.get(batch.partition);
      if (closing || partition === undefined) return;
      try {
        await partition.process(batch, commit);
      } catch (error) {
        if (error instanceof PartitionLostError) return;
        // A step that is told to stop may give up what it waits for; nothing of this batch is committed.
        if (closing) logger.debug({ error, partition: batch.partition }, 'batch given up while closing');
        else throw error;
      }
      metrics.stageDuration.observe({ stage: step.name }, (performance.now() - started) / 1000);
    },
    waits: (_topic, partition) => owned.get(partition)?.waits() ?? false,
    revoked: async (topic, partition) => {
      owned.delete(partition);
      metrics.consumerLag.remove({ group, topic, partition: String(partition) });
    },
  };
  const subscription = await log.subscribe<T>(group, [options.topic], handler);
  return {
    done: subscription.done,
    ready: () => subscription.ready(),
    close: async () => {
      closing = true;
      const results = await Promise.allSettled([...owned.values()].map((partition) => partition.close()));
      await subscription.close();
      await producer.close();
      for (const result of results)
        if (result.status === 'rejected' && !(result.reason instanceof PartitionLostError))
          logger.warn(
            { error: result.reason },
            'last checkpoint failed; the work since the one before is repeated',
          );
    },
  };
}
