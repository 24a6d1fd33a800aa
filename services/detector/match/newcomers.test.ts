import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Newcomers } from './newcomers.ts';

test('it is a queue whose oldest makes room, from which anybody may be taken', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 900 })), { maxLength: 3000 }),
      fc.constantFrom(5, 300, 700),
      fc.nat({ max: 3000 }),
      (steps, limit, snapshotAt) => {
        let newcomers = new Newcomers(limit);
        // places of those who were taken stay empty until the ring comes round
        let ring: (number | null)[] = [];
        let evicted = 0;
        steps.forEach(([takes, key], index) => {
          if (index === snapshotAt) {
            newcomers = new Newcomers(limit, newcomers.snapshot());
            ring = ring.filter((each) => each !== null);
            evicted = 0;
          }
          const there = ring.includes(key);
          if (takes) {
            const taken = newcomers.take(key, key * 7);
            expect(taken !== null).toBe(there);
            if (taken !== null) expect(taken.firstOffset % 1000).toBe(key);
            ring = ring.map((each) => (each === key ? null : each));
          } else if (!there) {
            newcomers.add(key, key * 7, index, index * 1000 + key);
            ring.push(key);
            if (ring.length > limit && ring.shift() !== null) evicted++;
          }
        });
        expect(newcomers.snapshot().map(({ lo }) => lo)).toEqual(ring.filter((each) => each !== null));
        expect(newcomers.evictions).toBe(evicted);
      },
    ),
    { numRuns: 60 },
  );
});
