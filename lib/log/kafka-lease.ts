import type kafkajs from 'kafkajs';
import type { Codecs } from '../contracts/codecs.ts';
import type { TopicName } from '../contracts/topics.ts';
import type { Logger } from '../observability/logger.ts';
import { cutFetched, decodeFetched, type FetchedMessages } from './kafka-decode.ts';
import type { CommittedOffset, GroupHandler } from './log.ts';
import { PartitionLostError } from './partition-lost.ts';

/** Fetching of a partition stops while more than this waits for its loop, and goes on at half. */
const queueRecords = 6000;

type CommitRaw = (offsets: kafkajs.Offsets) => Promise<void>;

/** Where reading of a newly assigned partition can start. */
export interface StartingPoint {
  readonly committed: CommittedOffset | null;
  readonly earliest: number;
  readonly latest: number;
}

/**
 * One partition for as long as this member owns it: what was fetched waits here, one loop hands it to the handler. The
 * position is kept here and not taken from the client, which fetches from the committed offset after every rebalance.
 */
export interface Lease {
  readonly topic: TopicName;
  readonly partition: number;
  /** Next offset to fetch; null until the handler has said where to start. */
  fetchPosition(): number | null;
  /** Called by the fetcher. */
  push(batch: kafkajs.Batch, commit: CommitRaw): void;
  /** The partition is somebody else's: commits fail from now on. Resolves when the handler has let go of it. */
  revoke(): Promise<void>;
  /** Ends reading after the running batch; commits work until then. */
  finish(): Promise<void>;
}

export function createLease<T extends TopicName>(options: {
  readonly topic: T;
  readonly partition: number;
  readonly handler: GroupHandler<T>;
  readonly codecs: Codecs;
  readonly logger: Logger;
  /** Resolves when an earlier lease of the same partition is over. */
  readonly previous: Promise<void>;
  readonly startingPoint: () => Promise<StartingPoint>;
  /** Resolves when the member is not in the middle of a join. */
  readonly settled: () => Promise<void>;
  readonly seek: (offset: number) => void;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly topicOnBroker: string;
  readonly fail: (error: unknown) => void;
}): Lease {
  const { topic, partition, handler, codecs, logger, settled } = options;
  const queue: FetchedMessages[] = [];
  let queued = 0;
  let paused = true;
  let position: number | null = null;
  let state: 'owned' | 'finishing' | 'lost' = 'owned';
  let commitRaw: CommitRaw | null = null;
  let wake = () => {};
  let opened = false;

  const isLost = () => state === 'lost';
  const commit = async (offset: number, metadata?: string): Promise<void> => {
    const offsets = {
      topics: [
        {
          topic: options.topicOnBroker,
          partitions: [{ partition, offset: String(offset), metadata: metadata ?? null }],
        },
      ],
    };
    for (let attempt = 0; ; attempt++) {
      await settled();
      // Between this check and the request there is no gap in which another assignment could come into force.
      if (isLost() || commitRaw === null) throw new PartitionLostError(topic, partition);
      try {
        await commitRaw(offsets);
        return;
      } catch (error) {
        if (isLost()) throw new PartitionLostError(topic, partition);
        const { type, retriable } = error as { type?: string; retriable?: boolean };
        const rejoining =
          type === 'REBALANCE_IN_PROGRESS' || type === 'ILLEGAL_GENERATION' || type === 'UNKNOWN_MEMBER_ID';
        // The member learns of a rebalance at its next heartbeat; whether it keeps the partition is known after that.
        const attempts = state === 'owned' ? 60 : 5;
        if (!(rejoining || retriable === true) || attempt >= attempts) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** attempt, 1000)));
      }
    }
  };

  const start = async (): Promise<void> => {
    const { committed, earliest, latest } = await options.startingPoint();
    if (state !== 'owned') return;
    opened = true;
    const wanted = await handler.assigned(topic, partition, committed);
    let from = wanted === 'earliest' ? earliest : wanted === 'latest' ? latest : wanted;
    if (from < earliest) {
      logger.error(
        { topic, partition, from, earliest },
        'records were deleted by retention before they were read',
      );
      from = earliest;
    }
    if (isLost()) return;
    position = from;
    options.seek(from);
    paused = false;
    options.resume();
  };
  const run = async (): Promise<void> => {
    await options.previous;
    await start();
    while (state === 'owned') {
      const fetched = queue.shift();
      if (fetched === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      queued -= fetched.messages.length;
      if (paused && queued < queueRecords / 2) {
        paused = false;
        options.resume();
      }
      const batch = await decodeFetched(topic, partition, fetched, codecs, handler.views);
      if (isLost()) return;
      if (batch.records.length > 0 || batch.undecodable.length > 0) await handler.batch(batch, commit);
    }
  };
  const running = run().catch((error: unknown) => {
    if (error instanceof PartitionLostError || isLost()) return;
    options.fail(error);
  });
  const end = async (): Promise<void> => {
    wake();
    await running;
  };
  options.pause();

  return {
    topic,
    partition,
    fetchPosition: () => position,
    push: (batch, raw) => {
      if (position === null || state !== 'owned') return;
      commitRaw = raw;
      const nextOffset = Number(batch.lastOffset()) + 1;
      if (nextOffset <= position) return;
      const from = position;
      const first = batch.messages.findIndex(({ offset }) => Number(offset) >= from);
      const messages = first <= 0 ? batch.messages : batch.messages.slice(first);
      position = nextOffset;
      if (first < 0) return;
      queue.push(...cutFetched({ messages, nextOffset, highWatermark: Number(batch.highWatermark) }));
      queued += messages.length;
      if (queued >= queueRecords && !paused) {
        paused = true;
        options.pause();
      }
      wake();
    },
    revoke: async () => {
      state = 'lost';
      await end();
      if (opened) await handler.revoked(topic, partition);
    },
    finish: async () => {
      if (state === 'owned') state = 'finishing';
      await end();
    },
  };
}
