import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBaseline } from './baseline.ts';
import { paneOf, sampleOf, scopeOf } from './scope.test-fixture.ts';
import { isBlind, noteGap, unseenVisits } from './sight.ts';
import { createSiteState } from './site-reducer.ts';
import { scopeId, watchedScope } from './site-state.ts';

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

describe('what a log has seen of the visits that go on', () => {
  it('is nothing where it begins, and nearly all after some minutes', () => {
    const { state } = busySite(1, 5);
    expect(unseenVisits(state, first)).toBe(1);
    expect(unseenVisits(state, first + 90)).toBeCloseTo(1 / Math.E);
    expect(unseenVisits(state, first + 900)).toBeLessThan(1e-4);
    expect(isBlind(state, first)).toBe(false);
  });

  it('is little again after a gap, the less the longer it was', () => {
    const unseenAfter = (silent: number): number => {
      const { state, last } = busySite(600, 5);
      noteGap(state, last + 1 + silent);
      return unseenVisits(state, last + 1 + silent);
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
    expect(unseenVisits(state, last + 10)).toBeLessThan(0.01);
    const sparse = busySite(1, 1);
    sparse.state.scopes.get(scopeId('site', ''))!.scope.lastPane = first + 59;
    noteGap(sparse.state, first + 60 + 600);
    expect(unseenVisits(sparse.state, first + 660)).toBeLessThan(0.01);
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
