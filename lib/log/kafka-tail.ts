import type { TopicName } from '../contracts/topics.ts';
import { caughtUpOrDone } from './caught-up.ts';
import type { GroupHandler, Subscription, Tail, TailOptions } from './log.ts';

interface End {
  readonly partition: number;
  readonly earliest: number;
  readonly latest: number;
}

/**
 * Reads a whole topic through a group of its own that commits nothing: the client can not read without one. The group
 * is deleted at the end; after a kill the broker drops it by itself, since it holds no offsets.
 */
export async function createKafkaTail<T extends TopicName>(
  options: TailOptions<T> & {
    readonly ends: readonly End[];
    readonly subscribe: (handler: GroupHandler<T>) => Promise<Subscription>;
    readonly deleteGroup: () => Promise<void>;
  },
): Promise<Tail> {
  const { from, onBatch, ends } = options;
  const startOf = ({ earliest, latest }: End) => (from === 'earliest' ? earliest : latest);
  const goals = new Map(
    ends.filter((end) => startOf(end) < end.latest).map(({ partition, latest }) => [partition, latest]),
  );
  const positions = new Map(ends.map((end) => [end.partition, startOf(end)]));
  let caughtUp = () => {};
  const whenCaughtUp = new Promise<void>((resolve) => {
    caughtUp = resolve;
  });
  if (goals.size === 0) caughtUp();
  const subscription = await options.subscribe({
    // After a lost membership every partition comes back: it goes on where it was.
    assigned: async (_topic, partition) => positions.get(partition) ?? from,
    batch: async (batch) => {
      await onBatch(batch);
      positions.set(batch.partition, batch.nextOffset);
      const goal = goals.get(batch.partition);
      if (goal !== undefined && batch.nextOffset >= goal) {
        goals.delete(batch.partition);
        if (goals.size === 0) caughtUp();
      }
    },
    revoked: async () => {},
  });
  return {
    done: subscription.done,
    caughtUp: caughtUpOrDone(whenCaughtUp, subscription.done),
    ready: () => subscription.ready(),
    close: async () => {
      await subscription.close();
      await options.deleteGroup().catch(() => {}); // the broker may have dropped the empty group already
    },
  };
}
