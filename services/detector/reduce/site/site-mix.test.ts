import { expect, test } from 'vitest';
import { emptyCatalogue } from '../../../../lib/path/api-catalogue.ts';
import { detectorConfig } from '../../config.ts';
import { countNames, minedAttributes, paneMs } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { reducePane } from '../site-reducer.ts';
import { createSiteState } from './create-site-state.ts';
import { FigureTable } from './scope-figures.ts';
import { createSiteMix, halveMix, isContradicted, learnMix } from './site-mix.ts';

function sample(order: number, values: { readonly [name: string]: string }): Sample {
  return {
    order,
    event_id: `e${order}`,
    client: order,
    flags: 0,
    attributes: minedAttributes.map((name) => values[name] ?? null),
  };
}

test('fingerprints that came once make room for one that everybody comes to have', () => {
  const mix = createSiteMix();
  for (let index = 0; index < 500; index++) learnMix(mix, [sample(index, { ja4: 'old', browser: 'Chrome' })]);
  for (let index = 0; index < 3000; index++)
    learnMix(mix, [sample(index, { ja4: `once${index}`, browser: 'Chrome' })]);
  const update = Array.from({ length: 200 }, (_, at) => sample(at, { ja4: 'new', browser: 'Chrome' }));
  learnMix(mix, update);
  expect(isContradicted(mix, 'new', 'Chrome')).toBe(true); // no room
  for (let week = 0; week < 2; week++) halveMix(mix);
  learnMix(mix, update);
  expect(isContradicted(mix, 'new', 'Chrome')).toBe(false);
  expect(isContradicted(mix, 'old', 'Chrome')).toBe(false);
});

test('what a site knows of its clients is of its last half-lives, however long it is watched', () => {
  const config = detectorConfig.parse({ learning: { hold: '10s', hold_least: '10s', half_life: '1m' } });
  const settings = {
    config,
    policies: [],
    judged: new Set(['site' as const]),
    learned: new Map(),
    figures: new FigureTable([]),
    api: emptyCatalogue,
    inputs: () => [],
  };
  const first = 1_794_000_000_000 / paneMs;
  const state = createSiteState('shop', first);
  const counts: number[] = new Array(countNames.length).fill(0);
  counts[0] = 10;
  for (let pane = first; pane < first + 900; pane++) {
    const samples = Array.from({ length: 10 }, (_, at) =>
      sample((pane - first) * 16 + at, { country: 'DE' }),
    );
    reducePane(state, settings, pane, [
      { site: 'shop', kind: 'site', key: '', counts, sketches: [], samples },
    ]);
  }
  // 24 samples in ten seconds, two minutes of them at most
  expect(state.mix.countryTotal).toBeGreaterThan(100);
  expect(state.mix.countryTotal).toBeLessThanOrEqual(2 * 6 * 24);
});
