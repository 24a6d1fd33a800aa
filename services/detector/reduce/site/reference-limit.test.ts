import { expect, test } from 'vitest';
import { detectorConfig } from '../../config.ts';
import { createBaseline } from './baseline.ts';
import { createSiteState } from './create-site-state.ts';
import { referenceLimit, shareOutSamples } from './reference-limit.ts';
import { paneOf, sampleOf, scopeOf } from './scope.test-fixture.ts';
import { type ReduceSettings, scopeId, watchedScope } from './site-state.ts';

const sample = sampleOf({ order: 1, client: 1 });

/** What each scope may hold where scopes have so many samples. */
function limitOf(lengths: readonly number[], most: number): number {
  const state = createSiteState('shop', 0);
  lengths.forEach((length, index) => {
    const key = `GET /${index}`;
    const baseline = createBaseline(0);
    baseline.reference = new Array(length).fill(sample);
    state.scopes.set(
      scopeId('endpoint', key),
      watchedScope(scopeOf(0, [paneOf([sample], { key })]), baseline),
    );
  });
  const config = detectorConfig.parse({ limits: { reference_samples: most } });
  shareOutSamples(state, { config } as ReduceSettings, 10);
  return referenceLimit(state);
}

test('what small scopes leave of their share is for those that are called a lot, and all keep within the limit', () => {
  const small = new Array(900).fill(20);
  expect(limitOf([...small, ...new Array(100).fill(400)], 100_000)).toBe((100_000 - 900 * 20) / 100);
  expect(limitOf([...small, 400, 400], 100_000)).toBe(1200);
  expect(limitOf(new Array(1000).fill(200), 200_000)).toBe(200);
});

test('a few each, however many they are', () => {
  expect(limitOf(new Array(2000).fill(150), 100_000)).toBe(150);
});
