import type { DeadLetter } from '../contracts/generated.ts';
import type { TopicName } from '../contracts/topics.ts';
import type { LogBatch, Outgoing } from './log.ts';
import type { Snapshot } from './snapshot.ts';

/** What became of a batch: records to append, and inputs to set aside. Both are acknowledged before any commit. */
export interface StepOutput {
  readonly outputs: readonly Outgoing[];
  readonly deadLetters: readonly DeadLetter[];
}

/** A step without memory: commits after its outputs are acknowledged (consume.ts, `consumeStateless`). */
export interface StatelessStep<T extends TopicName> {
  readonly name: string;
  process(batch: LogBatch<T>): StepOutput | Promise<StepOutput>;
  /**
   * For a step that must know the records just before: after an assignment the loop shows it the `records` offsets
   * before the committed one (as far as the log still has them) through `remember`, without outputs, then goes on with
   * `process`.
   */
  readonly lookBack?: { readonly records: number; remember(batch: LogBatch<T>): void };
}

/** Memory of one input partition. It moves with the partition, as a snapshot named in the committed metadata. */
export interface PartitionState<T extends TopicName> {
  /**
   * Advances by one batch, in offset order, exactly once per record as far as this state is concerned: the loop skips
   * records below its position. May wait (for example for the campaign clock); the loop keeps the membership alive.
   */
  process(batch: LogBatch<T>): StepOutput | Promise<StepOutput>;
  /** Everything `open` needs to go on after the last processed record; it does not change when the state goes on. */
  snapshot(): Snapshot;
}

/**
 * A step with memory: commits only at a checkpoint, offset and checkpoint name in one commit (consume.ts,
 * `consumeStateful`). In the memory log it commits as it goes: there the process is the durability.
 */
export interface StatefulStep<T extends TopicName> {
  readonly name: string;
  /** Changes whenever a snapshot written by other code or config can no longer be read. */
  readonly layoutHash: string;
  /** Requests may come as views: see GroupHandler. */
  readonly views?: boolean;
  open(partition: number, snapshot: Snapshot | null): PartitionState<T>;
}

/**
 * Where checkpoints are kept: named blobs that never change once written, as a folder or an object store keeps them. A
 * committed offset's metadata makes one current, so the store needs no atomic replacement and no locks.
 */
export interface CheckpointStore {
  /** Identifies the store: a checkpoint named by another store's id is refused with a clear error. */
  readonly storeId: string;
  /** Resolves when the whole blob is safe; a reader sees all of it or none. Pieces, where the content is
   * several, are taken one after the other. */
  write(name: string, content: Uint8Array | Iterable<Uint8Array>): Promise<void>;
  /** null when there is no such blob. */
  read(name: string): Promise<Uint8Array | null>;
  list(prefix: string): Promise<readonly string[]>;
  delete(name: string): Promise<void>;
}
