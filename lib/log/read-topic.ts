import type { TopicName } from '../contracts/topics.ts';
import type { Log, LogRecord } from './log.ts';

/** All records a topic has now, partition by partition in order; rejects when they can not all be read. */
export async function recordsOf<T extends TopicName>(log: Log, topic: T): Promise<readonly LogRecord<T>[]> {
  const found: LogRecord<T>[] = [];
  const tail = await log.tail({
    topic,
    from: 'earliest',
    onBatch: ({ records }) => {
      for (const record of records) found.push(record);
    },
  });
  try {
    await tail.caughtUp;
  } finally {
    await tail.close();
  }
  return found.sort((a, b) => a.partition - b.partition);
}
