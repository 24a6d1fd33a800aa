import { expect, test } from 'vitest';
import { type CountName, countIndex, countNames, flag } from '../../layout.ts';
import { createBaseline } from './baseline.ts';
import { pageRefuses, readPages, updatePageReading } from './page-reading.ts';
import { paneOf, sampleOf, scopeOf } from './scope.test-fixture.ts';
import { samplesOf, sum } from './scope.ts';
import { watchedScope } from './site-state.ts';

const totalsOf = (counts: { readonly [N in CountName]?: number }): Float64Array => {
  const totals = new Float64Array(countNames.length);
  for (const [name, count] of Object.entries(counts)) totals[countIndex[name as CountName]] = count;
  return totals;
};
const form = { outcome_known: 200, redirected: 170, paged: 30, recovering: 20 };

test('a form redirects who gets in, refuses nobody by a status, and lets people in after a page', () => {
  expect(pageRefuses(totalsOf(form), false)).toBe(true);
  for (const other of [
    { ...form, outcome_known: 90, redirected: 60 }, // too few
    { outcome_known: 200, paged: 200, recovering: 20 }, // an API
    { ...form, redirected: 150, failing: 20 }, // refuses by a status
    { ...form, recovering: 2 }, // nobody comes back from a page: a second factor
    { ...form, redirected: 200, paged: 0, recovering: 0 },
  ])
    expect(pageRefuses(totalsOf(other), false)).toBe(false);
});

test('it is one until it hardly redirects, or refuses by a status', () => {
  expect(pageRefuses(totalsOf({ ...form, redirected: 60, paged: 140 }), true)).toBe(true);
  expect(pageRefuses(totalsOf({ ...form, redirected: 10, paged: 190 }), true)).toBe(false);
  expect(pageRefuses(totalsOf({ ...form, outcome_known: 300, failing: 100 }), true)).toBe(false);
});

test('its pages are refusals from then on and in what was learned, and samples stand for as many as before', () => {
  const page = flag.paged | flag.succeeding;
  const samples = [
    sampleOf({ order: 1, client: 1, flags: page }),
    sampleOf({ order: 2, client: 2, flags: page | flag.direct }),
    sampleOf({ order: 3, client: 3, flags: flag.succeeding }),
  ];
  const counted = { outcome_known: 6, succeeding: 6, paged: 4, cold_paged: 2, redirected: 2, suspicious: 2 };
  const group = paneOf(samples, { requests: 6 });
  const counts = countNames.map(
    (name, index) => counted[name as keyof typeof counted] ?? group.counts[index]!,
  );
  const baseline = { ...createBaseline(0), totals: totalsOf({ ...form, succeeding: 200, cold_paged: 10 }) };
  const scope = scopeOf(7, [{ ...group, counts }]);
  const watched = watchedScope({ ...scope, traits: { ...scope.traits, function: 'login' } }, baseline);
  const weights = () => samplesOf(watched.scope, 7, 1, () => true).map(({ weight }) => weight);
  const before = weights();
  readPages(watched, 7);
  expect(sum(watched.scope, countIndex.failing, 7, 1)).toBe(0);

  updatePageReading(watched);
  const { totals } = baseline;
  expect([
    totals[countIndex.failing],
    totals[countIndex.cold_failing],
    totals[countIndex.succeeding],
  ]).toEqual([30, 10, 170]);
  readPages(watched, 7);
  const now = (name: CountName) => sum(watched.scope, countIndex[name], 7, 1);
  expect([now('failing'), now('cold_failing'), now('succeeding'), now('suspicious')]).toEqual([4, 2, 2, 4]);
  expect(
    samplesOf(watched.scope, 7, 1, (flags) => (flags & flag.failing) !== 0).map(({ sample }) => sample.order),
  ).toEqual([1, 2]);
  expect(weights()).toEqual(before);
});
