import type { TopicName } from '../contracts/topics.ts';
import { assignPartitions } from './group-assignment.ts';
import type { CommittedOffset, GroupHandler, Subscription } from './log.ts';
import type { Cursor, MemoryPartition } from './memory-partition.ts';
import { PartitionLostError } from './partition-lost.ts';

interface Member {
  readonly name: string;
  readonly topics: readonly TopicName[];
  readonly handler: GroupHandler<TopicName>;
  readonly loops: Map<MemoryPartition, Loop>;
  fail(error: unknown): void;
}

interface Loop {
  stop(): Promise<void>;
}

/** Hands control to timers and sockets when a chain of loops has kept the thread for a while. */
export type Breathe = () => Promise<void> | undefined;

export interface MemoryGroup {
  committed(partition: MemoryPartition): CommittedOffset | null;
  join(topics: readonly TopicName[], handler: GroupHandler<TopicName>): Promise<Subscription>;
  close(): Promise<void>;
}

/** A consumer group in one process: partitions are shared by the assignment the Kafka adapter uses as well. */
export function createMemoryGroup(options: {
  partitionsOf(topic: TopicName): readonly MemoryPartition[];
  trimmed(partition: MemoryPartition): void;
  breathe: Breathe;
}): MemoryGroup {
  const { partitionsOf, trimmed, breathe } = options;
  const members = new Set<Member>();
  const offsets = new Map<MemoryPartition, CommittedOffset>();
  // A group holds its place in every partition it has read, also while nobody reads there.
  const cursors = new Map<MemoryPartition, Cursor>();
  let joined = 0;
  let rebalancing: Promise<void> = Promise.resolve();

  const cursorOf = (partition: MemoryPartition): Cursor => {
    let cursor = cursors.get(partition);
    if (cursor === undefined) {
      cursor = { position: partition.start };
      cursors.set(partition, cursor);
      partition.cursors.add(cursor);
    }
    return cursor;
  };

  const read = (member: Member, partition: MemoryPartition): Loop => {
    const { handler } = member;
    let stopping = false;
    let owned = true;
    const commit = async (offset: number, metadata?: string): Promise<void> => {
      if (!owned) throw new PartitionLostError(partition.topic, partition.partition);
      offsets.set(partition, { offset, metadata: metadata ?? null });
      cursorOf(partition).position = offset;
      trimmed(partition);
    };
    const run = async (): Promise<void> => {
      const from = await handler.assigned(
        partition.topic,
        partition.partition,
        offsets.get(partition) ?? null,
      );
      let position =
        from === 'earliest' ? partition.start : from === 'latest' ? partition.end : Math.max(from, 0);
      const cursor = cursorOf(partition);
      if (position > cursor.position) cursor.position = position;
      cursor.waits = () => handler.waits?.(partition.topic, partition.partition) ?? false;
      while (!stopping) {
        const records = partition.read(position);
        if (records.length === 0) {
          await partition.changed(position);
          continue;
        }
        const nextOffset = records.at(-1)!.offset + 1;
        await handler.batch(
          {
            topic: partition.topic,
            partition: partition.partition,
            records,
            nextOffset,
            undecodable: [],
            highWatermark: partition.end,
          },
          commit,
        );
        position = nextOffset;
        const pause = breathe();
        if (pause !== undefined) await pause;
      }
    };
    const running = run().catch((error: unknown) => {
      if (!(error instanceof PartitionLostError)) member.fail(error);
    });
    return {
      stop: async () => {
        stopping = true;
        partition.wake();
        await running;
        owned = false;
      },
    };
  };

  /** Brings the loops in line with the assignment: takes away first, then gives. */
  const rebalance = async (): Promise<void> => {
    const byName = new Map([...members].map((member) => [member.name, member]));
    const wanted = new Map<Member, Set<MemoryPartition>>([...members].map((member) => [member, new Set()]));
    for (const topic of new Set([...members].flatMap((member) => member.topics))) {
      const readers = [...members].filter((member) => member.topics.includes(topic));
      const partitions = partitionsOf(topic);
      const shares = assignPartitions(
        readers.map((member) => member.name),
        partitions,
      );
      for (const [name, share] of shares)
        for (const { partition } of share) wanted.get(byName.get(name)!)!.add(partitions[partition]!);
    }
    await Promise.all(
      [...members].flatMap((member) =>
        [...member.loops]
          .filter(([partition]) => !wanted.get(member)!.has(partition))
          .map(async ([partition, loop]) => {
            await loop.stop();
            member.loops.delete(partition);
            await member.handler.revoked(partition.topic, partition.partition);
          }),
      ),
    );
    for (const [member, partitions] of wanted) {
      if (!members.has(member)) continue; // it left meanwhile
      for (const partition of partitions)
        if (!member.loops.has(partition)) member.loops.set(partition, read(member, partition));
    }
  };
  const scheduleRebalance = (): Promise<void> => {
    rebalancing = rebalancing.catch(() => {}).then(rebalance);
    return rebalancing;
  };

  const join: MemoryGroup['join'] = async (wantedTopics, handler) => {
    let resolveDone = () => {};
    let rejectDone = (_error: unknown) => {};
    const done = new Promise<void>((resolve, reject) => {
      resolveDone = resolve;
      rejectDone = reject;
    });
    done.catch(() => {});
    let state: 'joining' | 'ready' | 'failed' | 'closed' = 'joining';
    const member: Member = {
      name: `member-${joined++}`,
      topics: wantedTopics,
      handler,
      loops: new Map(),
      fail: (error) => {
        state = 'failed';
        rejectDone(error);
        leave().catch(() => {}); // the first error is the one to report
      },
    };
    const leave = async (): Promise<void> => {
      if (!members.delete(member)) return;
      await Promise.all([...member.loops.values()].map((loop) => loop.stop()));
      member.loops.clear();
      await scheduleRebalance();
    };
    const alone = members.size === 0;
    members.add(member);
    // A partition to be taken from another member may be busy for long; then the member joins in the background.
    const ready = scheduleRebalance().then(() => {
      if (state === 'joining') state = 'ready';
    });
    ready.catch(member.fail);
    if (alone) await ready.catch(() => {});
    return {
      done,
      ready: () => state === 'ready',
      close: async () => {
        if (state !== 'failed') state = 'closed';
        await leave();
        resolveDone();
      },
    };
  };

  return {
    committed: (partition) => offsets.get(partition) ?? null,
    join,
    close: async () => {
      const loops = [...members].flatMap((member) => [...member.loops.values()]);
      members.clear();
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}
