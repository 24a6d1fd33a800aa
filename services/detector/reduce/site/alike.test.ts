import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countIndex, countNames } from '../../layout.ts';
import { Likeness } from './alike.ts';
import { expectedShare, rungWeight } from './behaviour.ts';

const totals = (direct: number, requests: number): Float64Array => {
  const counts = new Float64Array(countNames.length);
  counts[countIndex.direct] = direct;
  counts[countIndex.requests] = requests;
  counts[countIndex.by_others] = requests;
  return counts;
};
type Member = readonly [direct: number, requests: number];
const alike = (...members: readonly Member[]): Float64Array => {
  const likeness = new Likeness();
  for (const member of members) likeness.add(totals(...member));
  return likeness.weights();
};
const directly = (...members: readonly Member[]): number => alike(...members)[countIndex.direct]!;

test('endpoints that are used the same way weigh as much as before, those that are not hardly anything', () => {
  expect(directly([30, 100], [300, 1000], [31, 100], [29, 100])).toBe(rungWeight);
  expect(directly([1000, 1000], [0, 1000], [500, 500], [1, 400])).toBe(5);
  const between = directly([300, 1000], [200, 1000], [420, 1000], [250, 1000]);
  expect(between).toBeGreaterThan(5);
  expect(between).toBeLessThan(rungWeight);
});

test('two endpoints, or some that were hardly ever called, do not say how alike endpoints are', () => {
  expect(directly([1000, 1000], [0, 1000])).toBe(rungWeight);
  expect(directly([1000, 1000], [0, 1000], [0, 19], [19, 19])).toBe(rungWeight);
  expect(directly()).toBe(rungWeight);
});

test('whatever was counted, the weight is within its bounds', () => {
  const member = fc
    .tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([requests, share]) => [requests * share, requests] as const);
  fc.assert(
    fc.property(fc.array(member, { maxLength: 12 }), (members) => {
      for (const weight of alike(...members)) {
        expect(weight).toBeGreaterThanOrEqual(5);
        expect(weight).toBeLessThanOrEqual(rungWeight);
      }
    }),
  );
});

test('what an endpoint shows of itself is soon believed where endpoints differ', () => {
  const together = totals(1600, 3000);
  const shareOf = (weights: Float64Array | null) => {
    const pool = { totals: together, alike: weights };
    return expectedShare('direct', 'other', { own: totals(0, 20), class: pool, host: pool });
  };
  const unlike = alike([1000, 1000], [0, 1000], [600, 1000]);
  expect(shareOf(unlike).share).toBeLessThan(0.12);
  expect(shareOf(null).share).toBeGreaterThan(0.3);
  // and fewer requests stand behind it: what it may be at most comes down more slowly than the estimate
  const [mine, borrowed] = [shareOf(unlike), shareOf(null)];
  expect(mine.upper - mine.share).toBeGreaterThan(borrowed.upper - borrowed.share);
});
