import type kafkajs from 'kafkajs';
import { type Codecs, type Decoded, UndecodableError } from '../contracts/codecs.ts';
import { type RecordName, type TopicName, topics } from '../contracts/topics.ts';
import type { LogBatch, LogRecord } from './log.ts';

/** Most records that a handler gets at once. */
export const batchRecords = 2000;

export interface FetchedMessages {
  readonly messages: readonly kafkajs.KafkaMessage[];
  readonly nextOffset: number;
  readonly highWatermark: number;
}

/** Cuts what was fetched into batches of at most `batchRecords`; the last one carries the true next offset. */
export function cutFetched(fetched: FetchedMessages): readonly FetchedMessages[] {
  const { messages, nextOffset, highWatermark } = fetched;
  if (messages.length <= batchRecords) return [fetched];
  const parts: FetchedMessages[] = [];
  for (let from = 0; from < messages.length; from += batchRecords) {
    const part = messages.slice(from, from + batchRecords);
    const following = messages[from + batchRecords];
    parts.push({
      messages: part,
      nextOffset: following === undefined ? nextOffset : Number(following.offset),
      highWatermark,
    });
  }
  return parts;
}

/** A record as the port describes it; its key, which few readers look at, becomes text when it is read. */
class FetchedRecord {
  readonly topic: TopicName;
  readonly partition: number;
  readonly offset: number;
  readonly type: RecordName;
  readonly value: Decoded['value'];
  readonly #key: Buffer | null;

  constructor(topic: TopicName, partition: number, offset: number, key: Buffer | null, decoded: Decoded) {
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.type = decoded.type;
    this.value = decoded.value;
    this.#key = key;
  }

  get key(): string | null {
    return this.#key === null ? null : this.#key.toString();
  }
}

/**
 * Typed records of one batch. What is not ours or damaged is set aside as undecodable; a record without a value
 * (a tombstone somebody else wrote) is passed over. `asViews`: values may be views on the fetched bytes.
 */
export async function decodeFetched<T extends TopicName>(
  topic: T,
  partition: number,
  fetched: FetchedMessages,
  codecs: Codecs,
  asViews = false,
): Promise<LogBatch<T>> {
  const allowed: readonly RecordName[] = topics[topic].records;
  const records: LogRecord<T>[] = [];
  const undecodable: { offset: number; detail: string; bytes: Buffer }[] = [];
  let usual: RecordName | null = null;
  // by index: in an async function the steps of an iterator are objects
  const { messages } = fetched;
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index]!;
    if (message.value === null) continue;
    const offset = Number(message.offset);
    try {
      const decoding = asViews ? codecs.view(message.value) : codecs.decode(message.value);
      const decoded: Decoded = decoding instanceof Promise ? await decoding : decoding;
      if (decoded.type !== usual) {
        if (!allowed.includes(decoded.type))
          throw new UndecodableError(`${decoded.type} does not belong on ${topic}`);
        usual = decoded.type;
      }
      records.push(
        new FetchedRecord(topic, partition, offset, message.key, decoded) as unknown as LogRecord<T>,
      );
    } catch (error) {
      // Anything else (the registry does not answer) is not the record's fault and stops the loop.
      if (!(error instanceof UndecodableError)) throw error;
      undecodable.push({ offset, detail: error.message, bytes: message.value });
    }
  }
  return {
    topic,
    partition,
    records,
    nextOffset: fetched.nextOffset,
    undecodable,
    highWatermark: fetched.highWatermark,
  };
}
