import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignPartitions } from './group-assignment.ts';

const partitions = (count: number) =>
  Array.from({ length: count }, (_, partition) => ({ topic: 'requests.raw', partition }));
const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 9 });

test('every partition has one owner, shares differ by one at most, order of names does not matter', () => {
  void fc.assert(
    fc.property(members, fc.integer({ min: 1, max: 64 }), (names, count) => {
      const shares = assignPartitions(names, partitions(count));
      const owned = [...shares.values()].flat().map(({ partition }) => partition);
      expect(owned.sort((a, b) => a - b)).toEqual(partitions(count).map(({ partition }) => partition));
      const sizes = [...shares.values()].map((share) => share.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(new Map(assignPartitions([...names].reverse(), partitions(count)))).toEqual(shares);
    }),
  );
});

test('a member that leaves and returns under its name gets its partitions back', () => {
  const names = ['pod-0', 'pod-1', 'pod-2', 'pod-3'];
  const before = assignPartitions(names, partitions(32));
  const without = assignPartitions(names.slice(1), partitions(32));
  const moved = names.slice(1).flatMap((name) => {
    const still = new Set(without.get(name)!.map(({ partition }) => partition));
    return before.get(name)!.filter(({ partition }) => !still.has(partition));
  });
  expect(moved.length).toBeLessThan(12); // of the 24 that need not move
  expect(assignPartitions(names, partitions(32))).toEqual(before);
});
