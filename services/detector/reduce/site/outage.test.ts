import { expect, test } from 'vitest';
import { countIndex, paneMs } from '../../layout.ts';
import { createBaseline, hourKey } from './baseline.ts';
import { createSiteState } from './create-site-state.ts';
import { outage } from './outage.ts';
import { paneOf } from './scope.test-fixture.ts';
import { addPane, advanceScope, createScope } from './scope.ts';
import { watchedScope } from './site-state.ts';

const first = 1_794_000_000_000 / paneMs;

/** How much of what is usual (requests a second, nearly all accepted) is gone after panes of [accepted, refused]. */
function gone(
  usual: number | null,
  panes: readonly (readonly [accepted: number, refused: number])[],
): number | null {
  const groups = panes.map(([accepted, refused]) => {
    const group = paneOf([], { requests: accepted + refused });
    const counts = [...group.counts];
    counts[countIndex.failing] = refused;
    counts[countIndex.outcome_known] = accepted + refused;
    return { ...group, counts };
  });
  const scope = createScope(groups[0]!, first, () => true);
  const watched = watchedScope(scope, createBaseline(first * paneMs));
  groups.forEach((group, index) => {
    advanceScope(scope, first + index, () => {});
    addPane(scope, first + index, group);
  });
  const last = first + panes.length - 1;
  watched.usual = { hour: hourKey(last * paneMs), rate: usual };
  return outage(createSiteState('shop', first), watched, last);
}

const repeated = <T>(count: number, one: T): T[] => new Array(count).fill(one);

test('an attack leaves those who are accepted where they were', () => {
  expect(gone(5, repeated(60, [5, 60]))).toBeLessThan(0.2);
});

test('where all are refused, all of them are gone', () => {
  expect(gone(5, [...repeated(50, [5, 0] as const), ...repeated(10, [0, 60] as const)])).toBe(1);
});

test('an outage is not over before the minute is', () => {
  const over = [
    ...repeated(60, [5, 0] as const),
    ...repeated(60, [0, 60] as const),
    ...repeated(20, [5, 0] as const),
  ];
  expect(gone(5, over)).toBeGreaterThan(0.5);
});

test('few are judged over a longer time', () => {
  const refused = repeated(12, [0, 9] as const);
  expect(gone(0.5, [...repeated(48, [1, 0] as const), ...refused])).toBe(0);
  expect(gone(0.5, [...repeated(300, [1, 0] as const), ...repeated(60, [0, 9] as const)])).toBe(1);
});

test('of fewer than twenty a minute nothing is said, nor of what nobody has learned', () => {
  expect(gone(0.2, repeated(60, [0, 9]))).toBeNull();
  expect(gone(null, repeated(60, [0, 9]))).toBeNull();
});

test('where no outcome is known nothing is said', () => {
  expect(gone(5, repeated(60, [0, 0]))).toBeNull();
});

test('a night is no outage, and an outage that goes on for minutes is one', () => {
  const night = repeated(600, [1, 0] as const);
  expect(gone(10, [...night, ...repeated(60, [1, 30] as const)])).toBeLessThan(0.1);
  expect(gone(10, [...repeated(600, [10, 0] as const), ...repeated(240, [0, 30] as const)])).toBe(1);
});
