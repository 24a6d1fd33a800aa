import { expect, test } from 'vitest';
import { countIndex, paneMs } from '../../layout.ts';
import type { PaneGroup } from '../../pane-group.ts';
import { LogHistogram } from '../../sketches/log-histogram.ts';
import { createBaseline, rateKey } from './baseline.ts';
import { noteBefore } from './before-onset.ts';
import { createSiteState } from './create-site-state.ts';
import { directBefore, otherWays, otherWaysBefore } from './crowd.ts';
import { paneOf, scopeOf } from './scope.test-fixture.ts';
import { type SiteState, scopeId, type WatchedScope, watchedScope } from './site-state.ts';

const first = 1_794_000_000_000 / paneMs;
const last = first + 59;

/** Payments of one second, some of them by clients that did not do before what practically everybody does. */
function payments(key: string, usual: number, others: number): PaneGroup {
  const pane = paneOf([], { key, requests: usual + others });
  (pane.counts as number[])[countIndex.unusual] = others;
  (pane.counts as number[])[countIndex.direct] = others;
  return pane;
}

/** An endpoint for payments, of which two a second are usual, and what came in the last minute, second by second. */
function endpoint(
  state: SiteState,
  key: string,
  cameAt: (second: number) => readonly [number, number],
): WatchedScope {
  const panes = Array.from({ length: 60 }, (_, second) => payments(key, ...cameAt(second)));
  const scope = scopeOf(first, panes);
  const baseline = createBaseline(first * paneMs);
  const rates = new LogHistogram();
  for (let bucket = 0; bucket < 20; bucket++) rates.add(2);
  baseline.histograms.set(rateKey, rates);
  const watched = watchedScope({ ...scope, traits: { ...scope.traits, function: 'payment' } }, baseline, [], {
    required: 1,
    share: 0.01,
    upper: 0.02,
    samples: 500,
  });
  state.scopes.set(scopeId('endpoint', key), watched);
  return watched;
}

test('without a crowd nothing is known of its ways, and many may come another way', () => {
  const state = createSiteState('shop', first);
  const pay = endpoint(state, 'POST /pay', () => [2, 0]);
  expect(otherWaysBefore(state, pay, last)).toBeCloseTo(2 / 3);
  expect(otherWays(state, pay, last, 10)).toBeLessThan(0.05);
});

test('a crowd that came the usual way before an attack is believed to go on like that, at all that does the same', () => {
  const state = createSiteState('shop', first);
  endpoint(state, 'POST /mobile/pay', (second) => [second < 20 ? 2 : 12, 0]);
  const web = endpoint(state, 'POST /pay', (second) => [second < 50 ? 2 : 8, 0]);
  expect(otherWaysBefore(state, web, last)).toBeLessThan(0.03);
});

test('a crowd that had its own ways before an attack keeps them, and there are never fewer of those than were seen', () => {
  const shares = [0, 1, 3, 6].map((others) => {
    const state = createSiteState('shop', first);
    const pay = endpoint(state, 'POST /pay', (second) => (second < 20 ? [2, 0] : [12 - others, others]));
    const share = otherWaysBefore(state, pay, last);
    expect(share).toBeGreaterThan(others / 12);
    return share;
  });
  expect([...shares].sort((a, b) => a - b)).toEqual(shares);
  expect(shares.at(-1)).toBeLessThanOrEqual(2 / 3);
});

test('an attack that has its own ways says nothing of a crowd that is not there', () => {
  const state = createSiteState('shop', first);
  const pay = endpoint(state, 'POST /pay', () => [2, 40]);
  expect(otherWaysBefore(state, pay, last)).toBeCloseTo(2 / 3);
});

test('from when a campaign acts, a crowd is believed to be what it was before it', () => {
  const state = createSiteState('shop', first);
  const pay = endpoint(state, 'POST /pay', (second) => (second < 10 ? [2, 0] : [12, second < 56 ? 0 : 40]));
  const before = otherWays(state, pay, last, 10);
  expect(before).toBeGreaterThan(0.5);
  noteBefore(state, pay, last);
  expect(otherWays(state, pay, last, 10)).toBeLessThan(0.05);
});

test('how many of a crowd came directly is what they did before an attack can have begun', () => {
  const state = createSiteState('shop', first);
  const quiet = endpoint(state, 'GET /stock', () => [2, 0]);
  expect(directBefore(state, quiet, last)).toBeNull();
  // the last half minute may be the attack's
  const crowded = endpoint(state, 'GET /stores', (second) =>
    second < 10 ? [2, 0] : [9, second < 30 ? 1 : 40],
  );
  const direct = directBefore(state, crowded, last);
  expect(direct?.share).toBeCloseTo(0.1);
  expect(direct?.upper).toBeGreaterThan(0.1);
});

/** A log-in of which two a second are usual, and how many got in and failed in the last minute. */
function login(state: SiteState, letIn: number, failing: number): WatchedScope {
  const panes = Array.from({ length: 60 }, () => {
    const pane = paneOf([], { key: 'POST /login', requests: letIn + failing });
    (pane.counts as number[])[countIndex.succeeding] = letIn;
    (pane.counts as number[])[countIndex.failing] = failing;
    (pane.counts as number[])[countIndex.outcome_known] = letIn + failing;
    return pane;
  });
  const scope = scopeOf(first, panes);
  const baseline = createBaseline(first * paneMs);
  const rates = new LogHistogram();
  for (let bucket = 0; bucket < 20; bucket++) rates.add(2);
  baseline.histograms.set(rateKey, rates);
  const watched = watchedScope(
    { ...scope, traits: { ...scope.traits, function: 'login' } },
    baseline,
    [],
    null,
  );
  state.scopes.set(scopeId('endpoint', 'POST /login'), watched);
  return watched;
}

test('at a log-in a crowd shows by those who get in, and an attack has next to none of them', () => {
  const of = (letIn: number, failing: number): number => {
    const state = createSiteState('shop', first);
    return otherWays(state, login(state, letIn, failing), last, 10);
  };
  expect(of(2, 0)).toBe(0);
  expect(of(3, 1)).toBe(0);
  expect(of(2, 60)).toBe(0);
  expect(of(14, 3)).toBeGreaterThan(0.4);
  expect(of(14, 60)).toBeGreaterThan(0.4);
});
