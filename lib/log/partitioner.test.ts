import { expect, test } from 'vitest';
import { murmur2, partitionOf } from './partitioner.ts';

test("murmur2 gives the vectors of the Java client's own tests", () => {
  const vectors: { readonly [text: string]: number } = {
    '21': -973932308,
    foobar: -790332482,
    'a-little-bit-long-string': -985981536,
    'a-little-bit-longer-string': -1486304829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    abc: 479470107,
  };
  for (const [text, hash] of Object.entries(vectors))
    expect([text, murmur2(Buffer.from(text))]).toEqual([text, hash]);
});

test('partitions are those that the Java producer of 4.4.0 chose', () => {
  expect(
    ['a', 'b', 'c', 'ünï', 'default|10.0.1', 'site|20010db80001'].map((key) => partitionOf(key, 4)),
  ).toEqual([0, 0, 2, 3, 1, 0]);
  const long = 'é'.repeat(10) + 'x'.repeat(400);
  expect(partitionOf(long, 7)).toBe((murmur2(Buffer.from(long)) & 0x7fffffff) % 7);
});
