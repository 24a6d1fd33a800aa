import { describe, expect, test } from 'vitest';
import { goodAfter, history, partBit, signedIn } from '../../../../lib/signature/standing.ts';
import { flag } from '../../layout.ts';
import type { Weighted } from '../miner/weighted.ts';
import { createBaseline } from '../site/baseline.ts';
import { createSiteState } from '../site/create-site-state.ts';
import type { Journeys, Requirement } from '../site/journeys.ts';
import { paneOf, sampleOf, scopeOf } from '../site/scope.test-fixture.ts';
import { watchedScope } from '../site/site-state.ts';
import { orSignedInWhereFree } from './or-signed-in.ts';

const cart = partBit('cart');
const stranger = flag.direct;
const account = flag.direct | flag.signedIn;
const anyPage: Requirement = { required: 0, share: 0.05, upper: 0.07, samples: 400 };

let order = 0;
const from = (flags: number, count: number): Weighted[] =>
  Array.from({ length: count }, () => ({
    sample: sampleOf({ order: ++order, client: order, flags }),
    weight: 1,
  }));

/** Of a hundred honest payments five come directly, four of these by people who are signed in. */
const usual: Journeys = new Map([
  [cart, 950],
  [signedIn, 40],
  [0, 10],
]);
const asks = (
  journeys: Journeys,
  excess: readonly Weighted[],
  { demand = anyPage, honest = 0, key = 'POST /pay' } = {},
): Requirement => {
  const state = createSiteState('shop', 0);
  const watched = watchedScope(scopeOf(0, [paneOf([], { key })]), createBaseline(0));
  for (const [standing, weight] of journeys) watched.baseline.journeys.set(standing, weight);
  return orSignedInWhereFree(state, watched, demand, excess, honest);
};

describe('who is signed in', () => {
  test('is spared too where next to none of the attackers are, and only the others are the cost', () => {
    const { required, share, upper } = asks(usual, from(stranger, 100));
    expect(goodAfter(required)).toEqual(['page', 'signed_in']);
    expect(share).toBeCloseTo(0.01, 5);
    expect(upper).toBeGreaterThan(0.01);
    expect(upper).toBeLessThan(anyPage.upper);
  });

  test('is not where attackers are, nor where too few were seen to tell', () => {
    expect(asks(usual, [...from(stranger, 95), ...from(account, 5)])).toBe(anyPage);
    expect(asks(usual, from(stranger, 10))).toBe(anyPage);
  });

  test('is where those of the excess who are may be honest', () => {
    const crowded = [...from(stranger, 90), ...from(account, 10)];
    expect(asks(usual, crowded)).toBe(anyPage);
    expect(asks(usual, crowded, { honest: 0.2 }).required).not.toBe(0);
  });

  test('is not asked about where nobody is, or all who come directly have nothing else either', () => {
    const strangers: Journeys = new Map([
      [cart, 950],
      [0, 50],
    ]);
    expect(asks(strangers, from(stranger, 100))).toBe(anyPage);
    expect(asks(new Map(), from(stranger, 100))).toBe(anyPage);
    expect(asks(new Map([[history, 100]]), from(stranger, 100))).toBe(anyPage);
  });

  test('is spared beside those who did what is asked', () => {
    const demand: Requirement = { required: cart, share: 0.05, upper: 0.07, samples: 400 };
    expect(goodAfter(asks(usual, from(stranger, 100), { demand }).required)).toEqual(['cart', 'signed_in']);
    const stricter: Requirement = { ...demand, required: cart | signedIn };
    expect(asks(usual, from(stranger, 100), { demand: stricter })).toBe(stricter);
  });
});
