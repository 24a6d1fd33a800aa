import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ConfigError } from '../../../../lib/config.ts';
import { LogHistogram } from '../../sketches/log-histogram.ts';
import { createBaseline, rateKey } from './baseline.ts';
import { createSiteState } from './create-site-state.ts';
import { decodeLearned, encodeLearned, learnedOf, summaryOf, warm } from './learned.ts';
import { createScope } from './scope.ts';
import { watchedScope } from './site-state.ts';

const hour = 3_600_000;

function known() {
  const state = createSiteState('shop', 0);
  const baseline = createBaseline(0);
  const histogram = new LogHistogram();
  for (let index = 0; index < 500; index++) histogram.add(8);
  baseline.histograms.set(rateKey, histogram);
  baseline.totals[0] = 4000;
  const scope = createScope(
    { site: 'shop', kind: 'endpoint', key: 'GET shop.example/', counts: [], sketches: [], samples: [] },
    0,
    () => false,
  );
  state.scopes.set('endpoint GET shop.example/', watchedScope(scope, baseline));
  return state;
}

test('a site begins with what was learned of it, as old as it was then', () => {
  const [learned] = decodeLearned(encodeLearned([learnedOf(known(), 2 * hour)]), 'a file');
  expect(summaryOf(learned!)).toMatchObject({
    site: 'shop',
    endpoints: 1,
    learnedMs: 2 * hour,
    rates: [{ endpoint: 'GET shop.example/', seconds: 5000 }],
  });
  const at = 50 * hour;
  const state = warm(createSiteState('shop', at / 1000), learned!, at);
  const baseline = state.learned.get('endpoint GET shop.example/')!;
  expect(baseline.startedAt).toBe(at - 2 * hour);
  expect(baseline.totals[0]).toBe(4000);
  expect(baseline.histograms.get(rateKey)!.total).toBe(500);
  expect(baseline.held).toEqual([]);
  expect(state.scopes.size).toBe(0);
});

test('what is no baseline file is refused by name', () => {
  for (const bytes of [
    Buffer.from('{}'),
    Buffer.concat([Buffer.from('tidegate baseline 1\n'), Buffer.from('nothing')]),
    Buffer.concat([Buffer.from('tidegate baseline 1\n'), gzipSync(Buffer.from('nothing'))]),
  ])
    expect(() => decodeLearned(bytes, 'week.baseline')).toThrow(ConfigError);
});
