import type { DeadLetter } from '../contracts/generated.ts';
import type { TopicName } from '../contracts/topics.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { bugDeadLetter, createDelivery, cutBatch } from './batch-delivery.ts';
import { createBugBudget } from './bug-budget.ts';
import type { Log, LogBatch, Outgoing } from './log.ts';
import { PartitionLostError } from './partition-lost.ts';
import type { StatelessStep, StepOutput } from './step.ts';

export { consumeStateful } from './consume-stateful.ts';

/** A running batch loop. */
export interface Consumption {
  /** Resolves after `close`, rejects when the loop can not go on. */
  readonly done: Promise<void>;
  ready(): boolean;
  /** Finishes the running batches, commits what they completed, leaves the group. */
  close(): Promise<void>;
}

/**
 * The batch loop of a step without memory: process, then have outputs and dead letters acknowledged, then commit.
 *
 * An exception from `process` is a bug of a pure step: the batch is taken record by record and the culprits go to
 * dead-letters with reason `bug`, so that no crafted input can stop the stream. Too many of them (bug-budget.ts) mean
 * that the step is broken, and stop it.
 */
export async function consumeStateless<T extends TopicName>(options: {
  readonly log: Log;
  readonly group: string;
  readonly topics: readonly T[];
  readonly step: StatelessStep<T>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Epoch ms, only for the stamp of dead letters. */
  readonly now?: () => number;
}): Promise<Consumption> {
  const { log, group, step, logger, metrics, now = Date.now } = options;
  const producer = await log.producer(step.name);
  const delivery = createDelivery({ producer, step: step.name, group, metrics, now });
  const bugs = createBugBudget(step.name);
  const duration = metrics.stageDuration;

  const oneByOne = async (batch: LogBatch<T>): Promise<StepOutput> => {
    const outputs: Outgoing[] = [];
    const deadLetters: DeadLetter[] = [];
    for (const record of batch.records) {
      try {
        const single = { ...batch, records: [record], nextOffset: record.offset + 1, undecodable: [] };
        const output = await step.process(single);
        outputs.push(...output.outputs);
        deadLetters.push(...output.deadLetters);
      } catch (error) {
        logger.error(
          { error, topic: record.topic, partition: record.partition, offset: record.offset },
          'bug',
        );
        deadLetters.push(bugDeadLetter(step.name, record, error, now()));
        bugs.spend(error);
      }
    }
    return { outputs, deadLetters };
  };

  /** Where processing begins; records before it are only looked back at. */
  const beginnings = new Map<string, number>();
  const subscription = await log.subscribe<T>(group, options.topics, {
    assigned: async (topic, partition, committed) => {
      if (committed === null) return 'earliest';
      beginnings.set(`${topic}/${partition}`, committed.offset);
      return Math.max(0, committed.offset - (step.lookBack?.records ?? 0));
    },
    batch: async (read, commit) => {
      const started = performance.now();
      const beginning = beginnings.get(`${read.topic}/${read.partition}`) ?? 0;
      let batch = read;
      if (read.records.length > 0 && read.records[0]!.offset < beginning) {
        step.lookBack?.remember(cutBatch(read, 0, beginning));
        if (read.nextOffset <= beginning) return;
        batch = cutBatch(read, beginning, read.nextOffset);
      }
      bugs.earn(batch.records.length);
      let output: StepOutput;
      try {
        output = await step.process(batch);
      } catch (error) {
        logger.error(
          { error, topic: batch.topic, partition: batch.partition, offset: batch.records[0]?.offset },
          'the step threw on a batch, which is now taken record by record',
        );
        output = await oneByOne(batch);
      }
      await delivery.deliver(batch, output);
      await commit(batch.nextOffset).catch((error: unknown) => {
        if (!(error instanceof PartitionLostError)) throw error;
        logger.info({ topic: batch.topic, partition: batch.partition }, 'partition handed over in a batch');
      });
      duration.observe({ stage: step.name }, (performance.now() - started) / 1000);
    },
    revoked: async (topic, partition) => {
      beginnings.delete(`${topic}/${partition}`);
      metrics.consumerLag.remove({ group, topic, partition: String(partition) });
    },
  });
  return {
    done: subscription.done,
    ready: () => subscription.ready(),
    close: async () => {
      await subscription.close();
      await producer.close();
    },
  };
}
