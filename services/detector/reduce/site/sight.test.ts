import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { traitIndex } from '../../layout.ts';
import { LogHistogram } from '../../sketches/log-histogram.ts';
import { createBaseline, rateKey } from './baseline.ts';
import { createSiteState } from './create-site-state.ts';
import { paneOf, sampleOf, scopeOf } from './scope.test-fixture.ts';
import { isBlind, isHostMissing, noteGap, noteMissingHost, unseenVisits } from './sight.ts';
import { type SiteState, scopeId, type WatchedScope, watchedScope } from './site-state.ts';

const first = 1000;

/** A site that had so many requests in each of `panes` panes. */
function busySite(panes: number, perPane: number) {
  const state = createSiteState('shop', first);
  const pane = paneOf([sampleOf({ order: 1, client: 1 })], { kind: 'site', key: '', requests: perPane });
  const scope = scopeOf(
    first,
    Array.from({ length: panes }, () => pane),
  );
  state.scopes.set(scopeId('site', ''), watchedScope(scope, createBaseline(0)));
  return { state, last: first + panes - 1 };
}

const siteOf = (state: SiteState): WatchedScope => state.scopes.get(scopeId('site', ''))!;
const unseenAt = (state: SiteState, pane: number): number => unseenVisits(state, siteOf(state), pane, 10);

describe('what a log has seen of the visits that go on', () => {
  it('is nothing where it begins, and nearly all after some minutes', () => {
    const { state } = busySite(1, 5);
    expect(unseenAt(state, first)).toBe(1);
    expect(unseenAt(state, first + 90)).toBeCloseTo(1 / Math.E);
    expect(unseenAt(state, first + 900)).toBeLessThan(1e-4);
    expect(isBlind(state, first)).toBe(false);
  });

  it('is little again after a gap, the less the longer it was', () => {
    const unseenAfter = (silent: number): number => {
      const { state, last } = busySite(600, 5);
      noteGap(state, last + 1 + silent);
      return unseenAt(state, last + 1 + silent);
    };
    expect(unseenAfter(3600)).toBeGreaterThan(0.999);
    expect(unseenAfter(20)).toBeCloseTo(1 - 1 / Math.E, 2);
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 2000 }), fc.integer({ min: 1, max: 2000 }), (silent, more) => {
        expect(unseenAfter(silent + more)).toBeGreaterThanOrEqual(unseenAfter(silent));
      }),
    );
  });

  it('does not suffer from silence where silence is usual', () => {
    const { state, last } = busySite(600, 5);
    noteGap(state, last + 10);
    expect(unseenAt(state, last + 10)).toBeLessThan(0.01);
    const sparse = busySite(1, 1);
    siteOf(sparse.state).scope.lastPane = first + 59;
    noteGap(sparse.state, first + 60 + 600);
    expect(unseenAt(sparse.state, first + 660)).toBeLessThan(0.01);
  });

  it('keeps a site from learning how people come just after a gap', () => {
    const { state, last } = busySite(600, 5);
    const back = last + 1 + 3600;
    noteGap(state, back);
    expect(isBlind(state, back)).toBe(true);
    expect(isBlind(state, back + 89)).toBe(true);
    expect(isBlind(state, back + 91)).toBe(false);
  });
});

/** Endpoint of a host that has had `usual` requests a second for long, and has `rates` of them from `first` on. */
function endpointOn(state: SiteState, host: string, usual: number, rates: readonly number[]): WatchedScope {
  const key = `GET ${host}/`;
  const attributes = sampleOf({ order: 1, client: 1 }).attributes.slice();
  attributes[traitIndex.host] = host;
  const scope = scopeOf(
    first,
    rates.map((requests) =>
      paneOf([{ ...sampleOf({ order: 1, client: 1 }), attributes }], { key, requests }),
    ),
  );
  const histogram = new LogHistogram();
  for (let bucket = 0; bucket < 60; bucket++) histogram.add(usual);
  const baseline = createBaseline(0);
  baseline.histograms.set(rateKey, histogram);
  const watched = watchedScope(scope, baseline);
  state.scopes.set(scopeId('endpoint', key), watched);
  return watched;
}

describe('a host that is missing from the log', () => {
  const steady = (requests: number, panes: number): number[] => new Array<number>(panes).fill(requests);
  /** Pages go missing after ten minutes; so many requests a pane at the API meanwhile. */
  const withoutPages = (pages: number, then: number) => {
    const state = createSiteState('shop', first);
    const api = endpointOn(state, 'api.example', 10, [...steady(10, 600), ...steady(then, 30)]);
    endpointOn(state, 'www.example', pages, steady(pages, 600));
    const pane = first + 630;
    noteMissingHost(state, pane - 30);
    expect(unseenVisits(state, api, pane - 30, 10)).toBeLessThan(0.01);
    noteMissingHost(state, pane);
    return { state, api, pane };
  };

  it('leaves open how the usual number of people came, and nobody beyond it', () => {
    const calm = withoutPages(20, 10);
    expect(unseenVisits(calm.state, calm.api, calm.pane - 1, 10)).toBeGreaterThan(0.9);
    const attacked = withoutPages(20, 400);
    expect(unseenVisits(attacked.state, attacked.api, attacked.pane - 1, 10)).toBeLessThan(0.1);
  });

  it('is not one that is silent because it is night', () => {
    const state = createSiteState('shop', first);
    const api = endpointOn(state, 'api.example', 20, steady(2, 630));
    endpointOn(state, 'www.example', 5, steady(5, 600));
    noteMissingHost(state, first + 630);
    expect(unseenVisits(state, api, first + 629, 10)).toBeLessThan(0.01);
  });

  it('is nothing to a site of which it was a small part', () => {
    const { state, api, pane } = withoutPages(1, 10);
    expect(unseenVisits(state, api, pane, 10)).toBeLessThan(0.01);
  });

  it('is forgotten some minutes after it is back, and does not keep the site from learning', () => {
    const { state, api, pane } = withoutPages(20, 10);
    expect(isBlind(state, pane)).toBe(false);
    expect([isHostMissing(state, pane), isHostMissing(state, pane + 60)]).toEqual([true, false]);
    expect(unseenVisits(state, api, pane + 600, 10)).toBeLessThan(0.01);
  });
});
