import { expect, test } from 'vitest';
import { flag, paneMs } from '../../layout.ts';
import type { PaneGroup } from '../../pane-group.ts';
import { createBaseline } from './baseline.ts';
import { cleanSamples, forgetBefore, noteBefore } from './before-onset.ts';
import type { OpenCampaign } from './campaign-state.ts';
import { createSiteState } from './create-site-state.ts';
import { paneOf, sampleOf } from './scope.test-fixture.ts';
import { addPane, advanceScope, createScope } from './scope.ts';
import { type SiteState, scopeId, type WatchedScope, watchedScope } from './site-state.ts';

const first = 1_794_000_000_000 / paneMs;
const opens = first + 60;

const key = 'GET /stock';

function partial(clean: number, suspicious: number, pane: number): PaneGroup {
  const samples = Array.from({ length: clean + suspicious }, (_, index) =>
    sampleOf({ order: index, client: pane * 100 + index, flags: index < clean ? 0 : flag.missing }),
  );
  return paneOf(samples, { key });
}

/** An endpoint, pane by pane, at which a campaign opens in pane 60. */
function watch(
  cleanAt: (pane: number) => number,
  until: number,
): { state: SiteState; watched: WatchedScope } {
  const scope = createScope(partial(1, 0, first), first, () => false);
  const watched = watchedScope(scope, createBaseline(first * paneMs));
  const state = createSiteState('shop', first);
  state.scopes.set(scopeId('endpoint', key), watched);
  for (let pane = first; pane <= until; pane++) {
    advanceScope(scope, pane, () => {});
    addPane(scope, pane, partial(cleanAt(pane), pane > opens - 3 ? 9 : 0, pane));
    if (pane === opens) noteBefore(state, watched, pane);
  }
  return { state, watched };
}

/** Clean requests of the last thirty panes that are believed, and how many there are. */
function believed(cleanAt: (pane: number) => number, until: number): readonly [number, number] {
  const { state, watched } = watch(cleanAt, until);
  let weight = 0;
  for (const one of cleanSamples(state, watched, until, 30, (flags) => flags === 0, false))
    weight += one.weight;
  let clean = 0;
  for (let pane = until - 29; pane <= until; pane++) clean += cleanAt(pane);
  return [weight, clean];
}

test('a crowd that was there before a campaign counts in full', () => {
  for (const until of [opens, opens + 10, opens + 200]) {
    const [weight, clean] = believed(() => 8, until);
    expect(weight).toBeCloseTo(clean);
  }
});

test('what came with a campaign counts the less, the more it is, and what was before it in full', () => {
  const joinedBy = (added: number) => (pane: number) => 4 + (pane > opens - 3 ? added : 0);
  const shares = [1, 8, 12, 40].map((added) => {
    const [weight, clean] = believed(joinedBy(added), opens + 200);
    return weight / clean;
  });
  // one more may be chance
  expect(shares[0]).toBeCloseTo(1);
  expect(shares[1]).toBeLessThan(0.6);
  expect(shares[2]).toBeLessThan(0.6 * shares[1]!);
  expect(shares[3]).toBe(0);
  // just opened: of 30 panes 25 are from before
  expect(believed(joinedBy(40), opens)[0]).toBeCloseTo(25 * 4);
});

test('it is forgotten with the campaign, and told of young endpoints by none', () => {
  const { state, watched } = watch(() => 8, opens + 5);
  expect(state.before.size).toBe(1);
  const scopes = [{ kind: 'endpoint', key }];
  const open = { behaviour: 'missing', simulated: false, scopes } as unknown as OpenCampaign;
  state.campaigns.set('one', open);
  forgetBefore(state);
  expect(state.before.size).toBe(1);
  state.campaigns.clear();
  forgetBefore(state);
  expect(state.before.size).toBe(0);
  noteBefore(state, watched, first + 20);
  expect(state.before.size).toBe(0);
});
