import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicName } from '../../lib/contracts/topics.ts';
import type { Log, Tail, TailOptions } from '../../lib/log/log.ts';

/** Someone who reads a topic, and how far that is. */
export interface Reader {
  readonly topic: TopicName;
  /** Offsets up to which all is done, by partition. They never fall. */
  positions(): Promise<readonly number[]>;
}

/** A consumer group: done is what it has committed. */
export function groupReader(log: Log, group: string, topic: TopicName): Reader {
  return {
    topic,
    positions: async () => (await log.committed(group, topic)).map((committed) => committed?.offset ?? 0),
  };
}

export interface Followed {
  readonly tail: Tail;
  readonly reader: Reader;
}

/** Follows a topic from its beginning: done is what `onBatch` has been given. */
export async function followTopic<T extends TopicName>(
  log: Log,
  topic: T,
  onBatch: (batch: Parameters<TailOptions<T>['onBatch']>[0]) => void,
): Promise<Followed> {
  const positions = new Array<number>(await log.partitions(topic)).fill(0);
  const tail = await log.tail({
    topic,
    from: 'earliest',
    onBatch: (batch) => {
      onBatch(batch);
      positions[batch.partition] = batch.nextOffset;
    },
  });
  return { tail, reader: { topic, positions: async () => positions } };
}

async function endsOf(log: Log, readers: readonly Reader[]): Promise<readonly (readonly number[])[]> {
  const ends: (readonly number[])[] = [];
  for (const { topic } of readers) ends.push((await log.status(topic)).endOffsets);
  return ends;
}

const haveReached = (positions: readonly number[], ends: readonly number[]): boolean =>
  ends.every((end, partition) => positions[partition]! >= end);

/** Resolves when the readers, which may feed each other in any order, have nothing left to do. */
export async function drained(log: Log, readers: readonly Reader[]): Promise<void> {
  while (!(await areIdle(log, readers))) await sleep(1);
}

/** Everybody was seen at the ends, and the ends are where they were before: nobody had anything while they were looked at. */
async function areIdle(log: Log, readers: readonly Reader[]): Promise<boolean> {
  const before = await endsOf(log, readers);
  for (const [index, reader] of readers.entries())
    if (!haveReached(await reader.positions(), before[index]!)) return false;
  const after = await endsOf(log, readers);
  return after.every((ends, index) => haveReached(before[index]!, ends));
}

/** Resolves when each has done, one after the other, what its topic holds by the time that the one before has. */
export async function followed(log: Log, readers: readonly Reader[]): Promise<void> {
  for (const { topic, positions } of readers) {
    const { endOffsets } = await log.status(topic);
    while (!haveReached(await positions(), endOffsets)) await sleep(1);
  }
}
