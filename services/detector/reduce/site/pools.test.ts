import { expect, test } from 'vitest';
import { emptyCatalogue } from '../../../../lib/path/api-catalogue.ts';
import { detectorConfig } from '../../config.ts';
import { countIndex, countNames, traitIndex } from '../../layout.ts';
import type { PaneGroup } from '../../pane-group.ts';
import { createBaseline, createPool, hold, rateKey, release } from './baseline.ts';
import { createSiteState } from './create-site-state.ts';
import { paneOf, sampleOf } from './scope.test-fixture.ts';
import { FigureTable } from './scope-figures.ts';
import { poolsOf, type ReduceSettings } from './site-state.ts';
import { watch } from './watch-scope.ts';

const bucket = 10_000;

test('what a pool has learned is of its last half-lives, however long it is watched', () => {
  const { learning } = detectorConfig.parse({
    learning: { hold: '10s', hold_least: '10s', half_life: '10m' },
  });
  const first = 1_794_000_000_000;
  const pool = createPool();
  const endpoints = [createBaseline(first), createBaseline(first)];
  const counts: number[] = new Array(countNames.length).fill(0);
  counts[countIndex.requests] = 10;
  const lesson = { counts, keys: ['a'], values: [1], samples: [], journeys: new Map([[1, 10]]) };
  for (let at = first + bucket; at < first + 1200 * bucket; at += bucket)
    for (const endpoint of endpoints) {
      hold(endpoint, { at, ...lesson });
      release(endpoint, at + bucket, learning, [pool], first, true, 150);
    }
  // 60 buckets of two endpoints in a half-life, two half-lives of them at most
  for (const learned of [
    pool.totals[countIndex.requests]! / 10,
    pool.journeys.get(1)! / 10,
    pool.histograms.get('a')!.total,
    pool.histograms.get(rateKey)!.total,
  ]) {
    expect(learned).toBeGreaterThan(100);
    expect(learned).toBeLessThanOrEqual(240);
  }
});

test('pools are forgotten with the last scope that feeds them', () => {
  const settings: ReduceSettings = {
    config: detectorConfig.parse({ limits: { scopes: 4 } }),
    policies: [],
    judged: new Set(),
    learned: new Map(),
    figures: new FigureTable([]),
    api: emptyCatalogue,
    inputs: () => [],
  };
  const state = createSiteState('shop', 0);
  const see = (host: string, path: string, pane: number): void => {
    const watched = watch(state, settings, endpoint(host, path), pane)!;
    watched.scope.lastPane = pane;
    poolsOf(state, watched);
  };
  see('shop.example', '/a', 0);
  see('shop.example', '/b', 1);
  const kept = [...state.pools.values()];
  // hosts that somebody makes up
  for (let index = 2; index < 40; index++) {
    see(`h${index}.example`, '/', index * 4000);
    state.scopes.get('endpoint GET shop.example/b')!.scope.lastPane = index * 4000;
  }
  expect([...state.scopes.keys()]).toContain('endpoint GET shop.example/b');
  expect([...state.scopes.keys()]).not.toContain('endpoint GET shop.example/a');
  expect(state.scopes.size).toBe(4);
  expect(state.pools.size).toBe(2 * 4);
  expect([...state.pools.values()].slice(0, 2)).toEqual(kept);
});

function endpoint(host: string, path: string): PaneGroup {
  const sample = sampleOf({ order: 1, client: 1 });
  const attributes = [...sample.attributes];
  attributes[traitIndex.endpoint] = `GET ${path}`;
  attributes[traitIndex.host] = host;
  attributes[traitIndex.endpoint_function] = 'content';
  return paneOf([{ ...sample, attributes }], { key: `GET ${host}${path}` });
}
