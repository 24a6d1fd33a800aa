import type { TopicName, TopicValue } from '../contracts/topics.ts';

/**
 * The log port: what Tidegate needs of a partitioned log. Two adapters keep the same contract suite:
 * kafka.ts (Apache Kafka) and memory.ts (in-process). Values are typed and must be treated as frozen; encoding
 * is the adapter's business.
 */

/** What a record may take at most, encoded, with its key: below the default limit of a Kafka broker, 1 MiB a batch. */
export const mostRecordBytes = 900_000;

/** One record read from a topic. Offsets are exact integers below 2^53 and grow within a partition. */
export type LogRecord<T extends TopicName = TopicName> = {
  readonly topic: T;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
} & TopicValue<T>;

/** One record to append. Without `partition` the key decides (murmur2, as Kafka's default partitioner). */
export type Outgoing<T extends TopicName = TopicName> = T extends TopicName
  ? { readonly topic: T; readonly key: string | null; readonly partition?: number } & TopicValue<T>
  : never;

/** Consecutive records of one partition, in offset order. Never empty. */
export interface LogBatch<T extends TopicName = TopicName> {
  readonly topic: T;
  readonly partition: number;
  readonly records: readonly LogRecord<T>[];
  /** Offset after the last record; differs from last.offset + 1 only where records were undecodable. */
  readonly nextOffset: number;
  /** Records a decoder refused, already masked: the loop sends them to dead-letters before it commits. */
  readonly undecodable: readonly {
    readonly offset: number;
    readonly detail: string;
    readonly bytes: Buffer;
  }[];
  /** End of the partition as last seen, for lag. */
  readonly highWatermark: number;
}

export interface LogProducer {
  /**
   * Appends in the order given (per partition) and resolves when every record is acknowledged. A rejected promise
   * means: nothing may be assumed acknowledged; the caller must not commit. The adapter cuts by encoded bytes and
   * retries what the broker calls retriable.
   */
  send(records: readonly Outgoing[]): Promise<void>;
  close(): Promise<void>;
}

export interface CommittedOffset {
  readonly offset: number;
  readonly metadata: string | null;
}

/** What a group member is told. Calls for one partition never overlap. */
export interface GroupHandler<T extends TopicName> {
  /**
   * Called once per newly assigned partition before its first batch; answers where to read on. A stateless reader
   * returns `committed?.offset ?? 'earliest'`; a stateful one loads its checkpoint and returns its position.
   */
  assigned(
    topic: T,
    partition: number,
    committed: CommittedOffset | null,
  ): Promise<number | 'earliest' | 'latest'>;
  /** Must finish all effects of the batch before it resolves. A rejection stops the subscription (`done` rejects). */
  batch(batch: LogBatch<T>, commit: (offset: number, metadata?: string) => Promise<void>): Promise<void>;
  /** The partition now belongs to someone else: drop its state. No commit is possible any more. */
  revoked(topic: T, partition: number): Promise<void>;
  /**
   * True: requests may come as views on the bytes of the log (contracts/record-view.ts), which decode a field when it is
   * read. For readers that look at few fields of many records.
   */
  readonly views?: boolean;
  /**
   * True while the running batch can go on only once another topic has gone on. What is unread for that reason is no
   * reason to keep new input out: it may be just that input which lets the other topic go on.
   */
  waits?(topic: T, partition: number): boolean;
}

export interface Subscription {
  /** Resolves after `close`, rejects on a fatal error. */
  readonly done: Promise<void>;
  /** True while the group membership is healthy. */
  ready(): boolean;
  /** Stops reading, waits for the running batch, leaves the group. */
  close(): Promise<void>;
}

export interface TailOptions<T extends TopicName> {
  readonly topic: T;
  readonly from: 'earliest' | 'latest';
  onBatch(batch: LogBatch<T>): void | Promise<void>;
}

/** Reading a whole topic without a group: every instance sees every partition. */
export interface Tail extends Subscription {
  /**
   * Resolves once everything up to the end offsets taken at the start was handed to `onBatch`, or reading was closed;
   * rejects with `done` when it failed before.
   */
  readonly caughtUp: Promise<void>;
}

export interface TopicStatus {
  readonly topic: TopicName;
  readonly partitions: number;
  readonly endOffsets: readonly number[];
}

export interface Log {
  readonly kind: 'kafka' | 'memory';
  /** One line for people: where this log is and why it was chosen. */
  readonly description: string;
  producer(clientId: string): Promise<LogProducer>;
  /** Joins a consumer group; partitions are shared among its members. Commits only through `commit`. */
  subscribe<T extends TopicName>(
    group: string,
    topics: readonly T[],
    handler: GroupHandler<T>,
  ): Promise<Subscription>;
  tail<T extends TopicName>(options: TailOptions<T>): Promise<Tail>;
  partitions(topic: TopicName): Promise<number>;
  status(topic: TopicName): Promise<TopicStatus>;
  committed(group: string, topic: TopicName): Promise<readonly (CommittedOffset | null)[]>;
  /** Creates missing topics; never changes or deletes existing ones. */
  ensureTopics(): Promise<void>;
  /** Bytes (memory adapter) or 0: the collector waits at the entrance while this is above its limit. */
  pressure(): number;
  close(): Promise<void>;
}
