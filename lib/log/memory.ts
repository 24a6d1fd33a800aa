import type { RecordName, TopicName } from '../contracts/topics.ts';
import { isCompacted, topicNames, topics } from '../contracts/topics.ts';
import { caughtUpOrDone } from './caught-up.ts';
import { encodedCopy } from './encoded-copy.ts';
import type { Log, LogProducer, LogRecord, Outgoing, Tail, TailOptions } from './log.ts';
import { type Breathe, createMemoryGroup, type MemoryGroup } from './memory-group.ts';
import { type Cursor, createMemoryPartition, type MemoryPartition } from './memory-partition.ts';
import { partitionOf } from './partitioner.ts';

export interface MemoryLogOptions {
  /** Partitions of the topics marked `traffic`. */
  readonly trafficPartitions: number;
  /** Sends every value through the Avro codec and freezes it: slow, for tests. */
  readonly encoded?: boolean;
  /** What topics that nobody reads may hold before their oldest records go. Default 256 MiB. */
  readonly limitBytes?: number;
  /** What a reader waits for between batches. Default: for timers and sockets, once they have waited for 8 ms. */
  readonly between?: () => Promise<void> | undefined;
}

/** Longest time the loops may keep the thread from timers and sockets. */
const breathAfterMs = 8;

/** What a value weighs in memory, roughly: measuring each would cost more than the figure is worth. */
const estimatedBytes: { readonly [name in RecordName]: number } = {
  RequestEvent: 1500,
  // Shares the RequestEvent that requests.raw holds already.
  EnrichedRequest: 900,
  Tick: 150,
  PaneFrame: 600,
  KeyedFrame: 600,
  Campaign: 3000,
  CampaignTick: 120,
  Verdict: 2000,
  Command: 500,
  PolicySet: 40_000,
  Decision: 1500,
  EdgeAction: 700,
  ApiEndpoint: 900,
  EndpointAlias: 300,
  EndpointNotice: 700,
  GoodClient: 300,
  DeadLetter: 1000,
};

function sizeOf(record: Outgoing): number {
  const base = estimatedBytes[record.type];
  if (record.type === 'KeyedFrame') return base + record.value.records.length * 250;
  return record.type === 'PaneFrame' ? base + record.value.groups.length * 800 : base;
}

/** A log inside this process: values are passed by reference, appends never wait, nothing survives the process. */
export function createMemoryLog(options: MemoryLogOptions): Log {
  const limitBytes = options.limitBytes ?? 256 * 1024 * 1024;
  const copy = options.encoded === true ? encodedCopy : null;
  const partitions = new Map<TopicName, readonly MemoryPartition[]>(
    topicNames.map((topic) => {
      const { partitions: count } = topics[topic];
      return [
        topic,
        Array.from({ length: count === 'traffic' ? options.trafficPartitions : count }, (_, partition) =>
          createMemoryPartition(topic, partition, isCompacted(topic)),
        ),
      ];
    }),
  );
  const partitionsOf = (topic: TopicName) => partitions.get(topic)!;
  const all = [...partitions.values()].flat();
  const groups = new Map<string, MemoryGroup>();
  const tails = new Set<Tail>();
  let closed = false;

  let lastBreath = performance.now();
  let breath: Promise<void> | undefined;
  const giveWay: Breathe = () => {
    if (breath !== undefined) return breath;
    if (performance.now() - lastBreath < breathAfterMs) return undefined;
    breath = new Promise((resolve) =>
      setImmediate(() => {
        lastBreath = performance.now();
        breath = undefined;
        resolve();
      }),
    );
    return breath;
  };
  const breathe = options.between ?? giveWay;

  const trimmed = (partition: MemoryPartition): void => {
    partition.trim();
  };
  /** Topics that nobody reads keep their newest records only once they hold too much. */
  const boundUnread = (): void => {
    let unread = 0;
    for (const partition of all) if (partition.cursors.size === 0) unread += partition.bytes;
    while (unread > limitBytes) {
      let largest: MemoryPartition | null = null;
      for (const partition of all)
        if (partition.cursors.size === 0 && (largest === null || partition.bytes > largest.bytes))
          largest = partition;
      const freed = largest?.dropOldest() ?? 0;
      if (freed === 0) break;
      unread -= freed;
    }
  };

  let rotation = 0;
  let sends = 0;
  const append = (record: Outgoing): MemoryPartition => {
    const of = partitionsOf(record.topic);
    if (record.key === null && isCompacted(record.topic))
      throw new Error(`${record.topic} is compacted: its records need a key (${record.type})`);
    const number =
      record.partition ??
      (of.length === 1
        ? 0
        : record.key === null
          ? rotation++ % of.length
          : partitionOf(record.key, of.length));
    const partition = of[number];
    if (partition === undefined) throw new Error(`${record.topic} has no partition ${number}`);
    partition.append(
      {
        topic: record.topic,
        partition: number,
        offset: partition.end,
        key: record.key,
        type: record.type,
        value: copy === null ? record.value : copy(record),
      } as LogRecord,
      sizeOf(record),
    );
    return partition;
  };
  const producer: LogProducer = {
    send: async (records) => {
      if (closed) throw new Error('the log is closed');
      const touched = new Set<MemoryPartition>();
      let last: MemoryPartition | null = null;
      for (const record of records) {
        const partition = append(record);
        if (partition !== last) {
          touched.add(partition);
          last = partition;
        }
      }
      for (const partition of touched) partition.wake();
      if ((++sends & 255) === 0) boundUnread();
    },
    close: async () => {},
  };

  const tail = async <T extends TopicName>(tailOptions: TailOptions<T>): Promise<Tail> => {
    const readers = partitionsOf(tailOptions.topic).map((partition) => {
      const start = tailOptions.from === 'earliest' ? partition.start : partition.end;
      const cursor: Cursor = { position: start };
      partition.cursors.add(cursor);
      return { partition, cursor, goal: partition.end };
    });
    let stopping = false;
    let failed = false;
    let behind = readers.length;
    let caughtUp = () => {};
    const whenCaughtUp = new Promise<void>((resolve) => {
      caughtUp = resolve;
    });
    const read = async ({ partition, cursor, goal }: (typeof readers)[number]): Promise<void> => {
      let reached = false;
      for (;;) {
        if (!reached && cursor.position >= goal) {
          reached = true;
          if (--behind === 0) caughtUp();
        }
        if (stopping) break;
        const records = partition.read(cursor.position) as readonly LogRecord<T>[];
        if (records.length === 0) {
          // Compaction may have removed the last records below the end.
          if (cursor.position < partition.end) cursor.position = partition.end;
          else await partition.changed(cursor.position);
          continue;
        }
        const nextOffset = records.at(-1)!.offset + 1;
        await tailOptions.onBatch({
          topic: tailOptions.topic,
          partition: partition.partition,
          records,
          nextOffset,
          undecodable: [],
          highWatermark: partition.end,
        });
        cursor.position = nextOffset;
        trimmed(partition);
        const pause = breathe();
        if (pause !== undefined) await pause;
      }
    };
    const stop = (): void => {
      stopping = true;
      for (const { partition } of readers) partition.wake();
    };
    const done = Promise.all(
      readers.map((reader) =>
        read(reader).catch((error: unknown) => {
          failed = true;
          stop();
          throw error;
        }),
      ),
    ).then(() => {});
    done.catch(() => {});
    const result: Tail = {
      done,
      caughtUp: caughtUpOrDone(whenCaughtUp, done),
      ready: () => !failed && !stopping,
      close: async () => {
        stop();
        await done.catch(() => {});
        for (const { partition, cursor } of readers) partition.cursors.delete(cursor);
        tails.delete(result);
      },
    };
    tails.add(result);
    return result;
  };

  return {
    kind: 'memory',
    description: 'in-process log',
    producer: async () => producer,
    subscribe: async (group, wanted, handler) => {
      let entry = groups.get(group);
      if (entry === undefined) {
        entry = createMemoryGroup({ partitionsOf, trimmed, breathe });
        groups.set(group, entry);
      }
      return entry.join(wanted, handler as Parameters<MemoryGroup['join']>[1]);
    },
    tail,
    partitions: async (topic) => partitionsOf(topic).length,
    status: async (topic) => ({
      topic,
      partitions: partitionsOf(topic).length,
      endOffsets: partitionsOf(topic).map((partition) => partition.end),
    }),
    committed: async (group, topic) =>
      partitionsOf(topic).map((partition) => groups.get(group)?.committed(partition) ?? null),
    ensureTopics: async () => {},
    pressure: () => {
      let bytes = 0;
      for (const partition of all) {
        // Only what a reader has yet to pass: anything else would never go away by waiting.
        if (partition.cursors.size > 0) bytes += partition.unread;
      }
      return bytes;
    },
    close: async () => {
      closed = true;
      await Promise.all([
        ...[...tails].map((entry) => entry.close()),
        ...[...groups.values()].map((group) => group.close()),
      ]);
    },
  };
}
