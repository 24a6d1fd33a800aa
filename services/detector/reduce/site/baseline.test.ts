import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detectorConfig } from '../../config.ts';
import { countIndex, countNames } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { createBaseline, hold, holdOf, knownReference, release } from './baseline.ts';
import { sampleOf } from './scope.test-fixture.ts';

const minute = 60_000;
const { learning } = detectorConfig.parse({});

test('what is young learns soon, what is old takes a quarter of an hour', () => {
  expect(holdOf(2 * minute, 0, learning)).toBe(minute);
  expect(holdOf(20 * minute, 20 * minute, learning)).toBe(5 * minute);
  expect(holdOf(600 * minute, 0, learning)).toBe(15 * minute);
});

test('what is new at a site that is known is not believed at once where nobody begins', () => {
  expect(holdOf(0, 0, learning)).toBe(minute);
  expect(holdOf(0, 10 * minute, learning)).toBe(2.5 * minute);
  expect(holdOf(0, 600 * minute, learning)).toBe(5 * minute);
});

test('never longer than configured, never shorter than the least, never less for a longer watch', () => {
  const ms = fc.integer({ min: 0, max: 30 * 24 * 60 * minute });
  fc.assert(
    fc.property(ms, ms, ms, (watched, siteWatched, more) => {
      const held = holdOf(watched, siteWatched, learning);
      expect(held).toBeGreaterThanOrEqual(learning.hold_least);
      expect(held).toBeLessThanOrEqual(learning.hold);
      expect(holdOf(watched + more, siteWatched + more, learning)).toBeGreaterThanOrEqual(held);
    }),
  );
});

test('people in the middle of a visit, where a log begins, teach until there is something better', () => {
  const start = 1_794_000_000_000;
  const baseline = createBaseline(start);
  const shares: number[] = [];
  for (let at = start + 10_000; at <= start + 8 * minute; at += 10_000) {
    const isEarly = at < start + 90_000;
    const counts: number[] = new Array(countNames.length).fill(0);
    counts[countIndex.requests] = 20;
    counts[countIndex.direct] = isEarly ? 15 : 1;
    const samples = [sampleOf({ order: at, client: at, event_id: isEarly ? 'early' : 'later' })];
    hold(baseline, { at, counts, keys: [], values: [], samples, journeys: new Map() });
    release(baseline, at, learning, [], start, true, 100);
    const { totals } = baseline;
    if (totals[countIndex.requests]! > 0)
      shares.push(totals[countIndex.direct]! / totals[countIndex.requests]!);
  }
  expect(shares[0]).toBeCloseTo(0.75);
  expect(shares.at(-1)).toBeCloseTo(0.05);
  // what they look like is known nevertheless
  const told = (of: readonly Sample[]) => new Set(of.map((one) => one.event_id));
  expect(told(knownReference(baseline))).toEqual(new Set(['later']));
  expect(told(baseline.reference)).toEqual(new Set(['early', 'later']));
});
