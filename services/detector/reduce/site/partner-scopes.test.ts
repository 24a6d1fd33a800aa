import { expect, test } from 'vitest';
import { countIndex } from '../../layout.ts';
import { createBaseline } from './baseline.ts';
import { createSiteState } from './create-site-state.ts';
import { partnerScopes, severalPartners } from './partner-scopes.ts';
import { paneOf, sampleOf, scopeOf } from './scope.test-fixture.ts';
import { type SiteState, scopeId, type WatchedScope, watchedScope } from './site-state.ts';

const pane = 1500;

function scope(state: SiteState, kind: string, key: string, requests: number, samples = 200): WatchedScope {
  const watched = watchedScope(scopeOf(pane, [paneOf([], { kind, key, requests })]), createBaseline(0));
  watched.baseline.totals[countIndex.requests] = requests;
  watched.baseline.reference = Array.from({ length: samples }, (_, at) =>
    sampleOf({ order: at, client: at }),
  );
  state.scopes.set(scopeId(watched.scope.kind, key), watched);
  return watched;
}

test('partners of an endpoint are those that call it; of several each is known that is enough', () => {
  const state = createSiteState('shop', pane);
  const felt = scope(state, 'endpoint', 'POST api/login', 1000);
  const big = scope(state, 'partner_endpoint', 'POST api/login via big', 700);
  const small = scope(state, 'partner_endpoint', 'POST api/login via small', 280);
  // hardly anything comes through him
  scope(state, 'partner_endpoint', 'POST api/login via quiet', 120);
  const unknown = scope(state, 'partner_endpoint', 'POST api/login via new', 50, 40);
  const other = scope(state, 'endpoint', 'POST api/token', 1000);
  const only = scope(state, 'partner_endpoint', 'POST api/token via big', 1000);
  expect(partnerScopes(state, felt)).toMatchObject([big, small, {}, unknown]);
  expect(severalPartners(state, felt, pane)).toEqual([big, small]);
  // who brings all of an endpoint is no part of it
  expect(partnerScopes(state, other)).toEqual([only]);
  expect(severalPartners(state, other, pane)).toEqual([]);
  expect(partnerScopes(state, big)).toEqual([]);
});
