import { expect, test } from 'vitest';
import { testTick } from '../../test/log/test-records.ts';
import { createMemoryLog } from './memory.ts';
import { recordsOf } from './read-topic.ts';

test('a topic is read as far as it goes, partition by partition', async () => {
  const log = createMemoryLog({ trafficPartitions: 3 });
  expect(await recordsOf(log, 'requests.raw')).toEqual([]);
  const producer = await log.producer('test');
  for (const [partition, time] of [
    [2, 1],
    [0, 2],
    [2, 3],
    [0, 4],
  ] as const)
    await producer.send([testTick(partition, time)]);
  const records = await recordsOf(log, 'requests.raw');
  expect(records.map(({ partition, offset }) => [partition, offset])).toEqual([
    [0, 0],
    [0, 1],
    [2, 0],
    [2, 1],
  ]);
  await log.close();
});
