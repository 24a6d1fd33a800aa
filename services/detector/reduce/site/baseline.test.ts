import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detectorConfig } from '../../config.ts';
import { holdOf } from './baseline.ts';

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
