import { expect, test } from 'vitest';
import { createKafkaTail } from './kafka-tail.ts';
import type { Tail } from './log.ts';

/** A tail of one partition with three records to read, whose subscription ends as the test says. */
async function tailThat(done: Promise<void>): Promise<Tail> {
  return createKafkaTail({
    topic: 'commands',
    from: 'earliest',
    onBatch: () => {},
    ends: [{ partition: 0, earliest: 0, latest: 3 }],
    subscribe: async () => ({ done, ready: () => false, close: async () => {} }),
    deleteGroup: async () => {},
  });
}

test('who waits for a tail to catch up learns that reading has failed, or was closed', async () => {
  const failed = Promise.reject(new Error('not authorized'));
  failed.catch(() => {});
  const tail = await tailThat(failed);
  await new Promise((resolve) => setImmediate(resolve)); // nobody looks yet: that is no unhandled rejection
  await expect(tail.caughtUp).rejects.toThrow('not authorized');

  const closed = await tailThat(Promise.resolve());
  await closed.caughtUp;
});
