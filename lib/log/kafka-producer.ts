import type kafkajs from 'kafkajs';
import type { Codecs } from '../contracts/codecs.ts';
import type { TopicName } from '../contracts/topics.ts';
import { isCompacted } from '../contracts/topics.ts';
import { type Compression, compressionTypes } from './kafka-compression.ts';
import { type LogProducer, mostRecordBytes, type Outgoing } from './log.ts';
import { partitionOf } from './partitioner.ts';

/** Largest request for one partition, before compression: one record of the largest kind fits. */
const chunkBytes = mostRecordBytes;
/** kafkajs copies the list for every message it adds, so its cost is quadratic in this. */
const chunkRecords = 500;
/** Work taken up at once: what waited while the last request was under way. */
const roundBytes = 8_000_000;
/** Frame of a record in a batch: lengths, offset and time deltas. */
const recordOverheadBytes = 24;

interface Encoded {
  readonly topic: TopicName;
  readonly partition: number;
  readonly message: kafkajs.Message;
  readonly bytes: number;
}

interface Request {
  readonly records: readonly Encoded[];
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** Gives the next records of every partition, at most a chunk each, in order; empty when all are gone. */
function nextChunk(
  queues: Map<string, { readonly records: Encoded[]; at: number }>,
): kafkajs.TopicMessages[] {
  const byTopic = new Map<TopicName, kafkajs.Message[]>();
  for (const [key, queue] of queues) {
    let bytes = 0;
    let count = 0;
    while (queue.at < queue.records.length && count < chunkRecords) {
      const record = queue.records[queue.at]!;
      if (count > 0 && bytes + record.bytes > chunkBytes) break;
      bytes += record.bytes;
      count++;
      queue.at++;
      const messages = byTopic.get(record.topic);
      if (messages === undefined) byTopic.set(record.topic, [record.message]);
      else messages.push(record.message);
    }
    if (queue.at === queue.records.length) queues.delete(key);
  }
  return [...byTopic].map(([topic, messages]) => ({ topic, messages }));
}

/**
 * One request under way at a time: order per partition holds without the broker's help, and what is sent meanwhile
 * goes out together. After a failure everything that waited fails too, since it came later than what is missing.
 */
export function createKafkaProducer(options: {
  readonly producer: kafkajs.Producer;
  readonly codecs: Codecs;
  readonly compression: Compression;
  readonly topicPrefix: string;
  /** Partition counts of the topics that exist. */
  readonly partitions: ReadonlyMap<TopicName, number>;
}): LogProducer {
  const { producer, codecs, topicPrefix } = options;
  const compression = compressionTypes[options.compression];
  let rotation = 0;
  const waiting: Request[] = [];
  let pumping: Promise<void> | null = null;

  const encode = (record: Outgoing): Encoded => {
    if (record.key === null && isCompacted(record.topic))
      throw new Error(`${record.topic} is compacted: its records need a key (${record.type})`);
    const count = options.partitions.get(record.topic);
    if (count === undefined)
      throw new Error(`topic ${topicPrefix}${record.topic} does not exist: run tidegate topics apply`);
    const partition =
      record.partition ?? (record.key === null ? rotation++ % count : partitionOf(record.key, count));
    if (partition >= count) throw new Error(`${record.topic} has no partition ${partition}`);
    const value = codecs.encode(record.type, record.value as never);
    const bytes = value.length + (record.key?.length ?? 0) + recordOverheadBytes;
    if (bytes > chunkBytes)
      throw new Error(`${record.type} of ${bytes} bytes is too large for ${record.topic} (${chunkBytes})`);
    return {
      topic: record.topic,
      partition,
      bytes,
      message: { key: record.key, value, partition },
    };
  };
  const take = (): Request[] => {
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && (count === 0 || bytes + waiting[count]!.bytes <= roundBytes))
      bytes += waiting[count++]!.bytes;
    return waiting.splice(0, count);
  };
  const transmit = async (requests: readonly Request[]): Promise<void> => {
    const queues = new Map<string, { readonly records: Encoded[]; at: number }>();
    for (const request of requests) {
      for (const record of request.records) {
        const key = `${record.topic}/${record.partition}`;
        const queue = queues.get(key);
        if (queue === undefined) queues.set(key, { records: [record], at: 0 });
        else queue.records.push(record);
      }
    }
    while (queues.size > 0) {
      const topicMessages = nextChunk(queues).map(({ topic, messages }) => ({
        topic: topicPrefix + topic,
        messages,
      }));
      await producer.sendBatch({ acks: -1, compression, topicMessages });
    }
  };
  const pump = async (): Promise<void> => {
    while (waiting.length > 0) {
      const requests = take();
      try {
        await transmit(requests);
      } catch (error) {
        for (const request of [...requests, ...waiting.splice(0)]) request.reject(error);
        break;
      }
      for (const request of requests) request.resolve();
    }
    pumping = null;
  };

  return {
    send: async (records) => {
      if (records.length === 0) return;
      const encoded = records.map(encode);
      const bytes = encoded.reduce((total, record) => total + record.bytes, 0);
      const sent = new Promise<void>((resolve, reject) => {
        waiting.push({ records: encoded, bytes, resolve, reject });
      });
      pumping ??= pump();
      await sent;
    },
    close: async () => {
      await pumping;
      await producer.disconnect();
    },
  };
}
