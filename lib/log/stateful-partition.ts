import type { DeadLetter } from '../contracts/generated.ts';
import type { TopicName } from '../contracts/topics.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { cutBatch, type Delivery } from './batch-delivery.ts';
import { advanceRewind, deleteOldCheckpoints, type RewindMark, writeCheckpoint } from './checkpoint.ts';
import type { CrashMarker } from './crash-marker.ts';
import type { LogBatch, LogRecord } from './log.ts';
import type { CheckpointStore, PartitionState, StatefulStep } from './step.ts';

/** Writing takes this share of the time at most: large states are written less often. */
const writingShare = 0.2;

type Commit = (offset: number, metadata?: string) => Promise<void>;

/** One owned partition of a stateful loop: its state, its position, and its checkpoints. */
export interface StatefulPartition<T extends TopicName> {
  process(batch: LogBatch<T>, commit: Commit): Promise<void>;
  /** True while the step has not answered at once: it does nothing slow itself, so it waits for another topic. */
  waits(): boolean;
  /** Waits for the running batch and writes a last checkpoint. Batches after this do nothing. */
  close(): Promise<void>;
}

export interface StatefulPartitionOptions<T extends TopicName> {
  readonly topic: T;
  readonly partition: number;
  readonly prefix: string;
  readonly instance: string;
  readonly step: StatefulStep<T>;
  readonly state: PartitionState<T>;
  readonly position: number;
  readonly rewind: readonly RewindMark[];
  /** False in the memory log: commit after every batch, no checkpoints. */
  readonly durable: boolean;
  readonly delivery: Delivery;
  readonly checkpoints: CheckpointStore;
  readonly checkpointEveryMs: number;
  readonly crashes: CrashMarker | null;
  readonly deadLetter: (record: LogRecord<T>, error: unknown) => DeadLetter;
  readonly now: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export function createStatefulPartition<T extends TopicName>(
  options: StatefulPartitionOptions<T>,
): StatefulPartition<T> {
  const { step, state, durable, delivery, checkpoints, crashes, logger, metrics, now, prefix } = options;
  let { position, rewind } = options;
  let checkpointed = position;
  let checkpointedAt = now();
  /** Of the checkpoint begun last. */
  let startedAt = now();
  let tookMs = 0;
  /** The checkpoint that is being written, and what went wrong with it: told to the loop with the next batch. */
  let writing: Promise<void> | null = null;
  let failure: { readonly error: unknown } | null = null;
  let lastCommit: Commit | null = null;
  let broken = false;
  let waiting = false;
  let closed = false;
  let running: Promise<void> = Promise.resolve();

  /** Writes and commits the state as it is now, while the caller may go on with it. */
  const checkpoint = async (commit: Commit): Promise<void> => {
    const started = performance.now();
    const offset = position;
    startedAt = now();
    const snapshot = state.snapshot();
    rewind = advanceRewind(rewind, now(), offset);
    const { name, metadata, bytes } = await writeCheckpoint({
      checkpoints,
      prefix,
      instance: options.instance,
      offset,
      snapshot,
      layoutHash: step.layoutHash,
      rewind,
      now: now(),
    });
    await commit(offset, metadata);
    checkpointed = offset;
    checkpointedAt = startedAt;
    // Only a checkpoint beyond what crashed makes sure that it is never read again.
    const suspect = crashes?.range() ?? null;
    if (suspect !== null && checkpointed >= suspect.next) await crashes?.clear();
    const labels = { step: step.name };
    const seconds = (performance.now() - started) / 1000;
    tookMs = seconds * 1000;
    metrics.checkpointBytes.set(labels, bytes);
    metrics.checkpointDuration.set(labels, seconds);
    metrics.checkpointAge.set(labels, (now() - checkpointedAt) / 1000);
    await deleteOldCheckpoints(checkpoints, prefix, name);
  };
  const isDue = (): boolean =>
    writing === null &&
    position > checkpointed &&
    now() - startedAt >= Math.max(options.checkpointEveryMs, tookMs * (1 / writingShare - 1));
  const checkpointBeside = (commit: Commit): void => {
    writing = checkpoint(commit)
      .catch((error: unknown) => {
        failure = { error };
      })
      .finally(() => {
        writing = null;
      });
  };

  /** Advances the state and has everything acknowledged; a throw leaves the state unusable. */
  const advance = async (batch: LogBatch<T>): Promise<void> => {
    const answer = batch.records.length > 0 ? state.process(batch) : { outputs: [], deadLetters: [] };
    waiting = answer instanceof Promise;
    const output = await answer;
    waiting = false;
    await delivery.deliver(batch, output);
    position = batch.nextOffset;
  };
  const advanceMarked = async (batch: LogBatch<T>): Promise<void> => {
    try {
      await advance(batch);
    } catch (error) {
      broken = true;
      if (!closed && batch.records.length > 0)
        await crashes?.crashed(batch.records[0]!.offset, batch.nextOffset);
      throw error;
    }
  };
  const oneByOne = async (batch: LogBatch<T>): Promise<void> => {
    for (const record of batch.records) {
      const single = { ...cutBatch(batch, record.offset, record.offset + 1), nextOffset: record.offset + 1 };
      if (crashes?.givenUp(record.offset) === true) {
        logger.error(
          { topic: record.topic, partition: record.partition, offset: record.offset },
          'the step threw on this record three times; it is set aside',
        );
        const error = new Error(`${step.name} threw on this record three times`);
        await delivery.deliver(single, { outputs: [], deadLetters: [options.deadLetter(record, error)] });
        position = record.offset + 1;
      } else await advanceMarked(single);
    }
    const rest = { ...batch, records: [], undecodable: batch.undecodable };
    if (position < batch.nextOffset) await advance(rest);
  };

  const take = async (whole: LogBatch<T>, commit: Commit): Promise<void> => {
    if (closed || broken || whole.nextOffset <= position) return;
    if (failure !== null) throw failure.error;
    lastCommit = commit;
    const first = whole.records[0]?.offset ?? whole.nextOffset;
    // State that began empty is rebuilt from where it began.
    if (rewind.length === 0) rewind = [[now(), Math.max(first, position)]];
    const batch = first < position ? cutBatch(whole, position, whole.nextOffset) : whole;
    const suspect = crashes?.range() ?? null;
    if (suspect !== null && batch.nextOffset > suspect.first) {
      if (first < suspect.next) await oneByOne(batch);
      else await advanceMarked(batch);
    } else await advanceMarked(batch);
    if (!durable) await commit(position);
    else if (isDue()) checkpointBeside(commit);
    metrics.checkpointAge.set({ step: step.name }, (now() - checkpointedAt) / 1000);
  };

  return {
    process: (batch, commit) => {
      const result = running.then(() => take(batch, commit));
      running = result.catch(() => {});
      return result;
    },
    waits: () => waiting,
    close: async () => {
      await running;
      if (closed) return;
      closed = true;
      await writing;
      if (failure !== null) throw failure.error;
      if (durable && !broken && lastCommit !== null && position > checkpointed) await checkpoint(lastCommit);
    },
  };
}
