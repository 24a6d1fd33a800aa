import { expect, test } from 'vitest';
import type { GoodClient } from '../../lib/contracts/generated.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { createGoodList, followGoodClients } from './good-list.ts';

const good = (client: string, untilAt: number, more: Partial<GoodClient> = {}): GoodClient => ({
  site: 'default',
  client,
  fingerprint: 'f',
  standing: ['content', 'cart', 'of a later version'],
  updated_at: 0,
  until_at: untilAt,
  ...more,
});

test('a client is listed with its words until its end, of the sites of the edge, and the last of too many', () => {
  let at = 0;
  const list = createGoodList(['default'], 3, () => at);
  const told: string[] = [];
  list.onChange((key, words) => told.push(`${key} ${words}`));
  list.learn(good('192.0.2.9', 10, { site: 'other' }));
  expect([list.isSaid, [...list.entries()]]).toEqual([false, []]);
  list.learn(good('192.0.2.1', 10));
  list.learn(good('192.0.2.1', 20));
  list.learn(good('192.0.2.2', 15, { standing: ['history'] }));
  expect([list.isSaid, list.wordsOf('192.0.2.1/f'), list.wordsOf('192.0.2.1/g')]).toEqual([
    true,
    '|cart|content|',
    '',
  ]);
  at = 15;
  expect([...list.entries()]).toEqual([['192.0.2.1/f', '|cart|content|']]);
  at = 20;
  expect(list.wordsOf('192.0.2.1/f')).toBe('');
  list.sweep();
  for (const host of [3, 4, 5, 6]) list.learn(good(`192.0.2.${host}`, 90));
  expect(told).toEqual([
    '192.0.2.1/f |cart|content|',
    '192.0.2.2/f |history|',
    '192.0.2.1/f null',
    '192.0.2.2/f null',
    '192.0.2.3/f |cart|content|',
    '192.0.2.4/f |cart|content|',
    '192.0.2.5/f |cart|content|',
    '192.0.2.6/f |cart|content|',
    '192.0.2.3/f null',
  ]);
});

test('lists are filled from the topic, and the first client of each is told of', async () => {
  const log = createMemoryLog({ trafficPartitions: 1, encoded: true });
  const producer = await log.producer('test');
  const say = (value: GoodClient) =>
    producer.send([{ topic: 'good-clients', key: value.client, type: 'GoodClient', value }]);
  await say(good('192.0.2.1', 10));
  const lists = [createGoodList([], 10, () => 0), createGoodList(['other'], 10, () => 0)];
  const followed = await followGoodClients(log, lists);
  await followed.caughtUp;
  expect(lists.map(({ isSaid }) => isSaid)).toEqual([true, false]);
  let times = 0;
  followed.onSaid(() => times++);
  await say(good('192.0.2.2', 10, { site: 'other' }));
  await say(good('192.0.2.3', 10, { site: 'other' }));
  await expect.poll(() => [...lists[1]!.entries()].length).toBe(2);
  expect([[...lists[0]!.entries()].length, times]).toEqual([3, 1]);
  await followed.close();
});
