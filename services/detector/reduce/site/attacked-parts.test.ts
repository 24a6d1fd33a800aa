import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inPackage } from '../../../../lib/package-root.ts';
import { history, partBit, requiredBits, several, signedIn } from '../../../../lib/signature/standing.ts';
import { paneMs } from '../../layout.ts';
import { compilePolicy } from '../../policies/load-policies.ts';
import { termsOf } from '../../verdict.ts';
import { newCampaign } from '../campaigns/open-campaign.ts';
import { addSignatures } from '../signatures/live-signatures.ts';
import { attackedParts } from './attacked-parts.ts';
import { createBaseline } from './baseline.ts';
import { createSiteState } from './create-site-state.ts';
import { paneOf, scopeOf } from './scope.test-fixture.ts';
import { type SiteState, scopeId, type WatchedScope, watchedScope } from './site-state.ts';
import { unknownStanding } from './unknown-standing.ts';

const pane = 1500;
const file = 'shadow-payment-surge.yaml';
const policy = termsOf(compilePolicy(file, readFileSync(inPackage('policies', file), 'utf8')));

function endpoint(state: SiteState, key: string, name: string): WatchedScope {
  const watched = watchedScope(scopeOf(pane, [paneOf([], { key })]), createBaseline(0));
  Object.assign(watched.scope.traits, { function: name, method: 'POST', write: true });
  state.scopes.set(scopeId('endpoint', key), watched);
  return watched;
}

/** A payment; of its people 60 came by a cart and other pages, 30 by a cart alone, 10 by a cart alone and signed in. */
function site() {
  const state = createSiteState('shop', pane);
  const payment = endpoint(state, 'POST shop.example/pay', 'payment');
  const cart = endpoint(state, 'POST shop.example/cart', 'cart');
  payment.baseline.journeys.set(partBit('cart') | partBit('content') | several, 60);
  payment.baseline.journeys.set(partBit('cart') | several, 30);
  payment.baseline.journeys.set(partBit('cart') | signedIn, 10);
  return { state, payment, cart };
}

function attack(state: SiteState, { scope }: WatchedScope, { acts = true, simulated = false } = {}): void {
  const campaign = newCampaign({
    site: 'shop',
    policy: { ...policy, document: { ...policy.document, mode: simulated ? 'simulate' : 'enforce' } },
    scope,
    behaviour: 'direct',
    openedAt: pane * paneMs,
    effectiveFrom: pane * paneMs,
    baselineRung: 'endpoint',
  });
  const everybody = {
    signature: { predicates: [], except_good: true, good_after: [] },
    coverage: 1,
    lift: 100,
    collateral: 0,
    collateralUpper: 0,
  };
  if (acts) addSignatures(campaign, [everybody], 100, pane * paneMs);
  state.campaigns.set(campaign.id, campaign);
}

test('what a campaign acts on speaks for nobody elsewhere, and for whoever comes to itself nothing changes', () => {
  const { state, payment, cart } = site();
  attack(state, cart, { acts: false });
  attack(state, payment);
  expect(attackedParts(state, payment)).toBe(0);
  attack(state, cart, { simulated: true });
  expect(attackedParts(state, payment)).toBe(0);
  state.campaigns.clear();
  attack(state, cart);
  expect(attackedParts(state, payment)).toBe(partBit('cart'));
  expect(attackedParts(state, cart)).toBe(0);
});

test('an endpoint of no particular part takes nothing from the others of its kind', () => {
  const { state, payment } = site();
  attack(state, endpoint(state, 'POST shop.example/rpc', 'other'));
  expect(attackedParts(state, payment)).toBe(0);
});

test('of whom the cart alone spoke for, nothing is known while the cart is attacked', () => {
  const { state, payment, cart } = site();
  const unknown = (...goodAfter: string[]): number =>
    unknownStanding(state, payment, pane, requiredBits(goodAfter));
  expect(unknown()).toBe(0);
  attack(state, cart);
  expect(unknown()).toBeCloseTo(0.4);
  // more than one page of it is no other page
  expect(unknown('cart')).toBe(1);
  expect(unknown('page', 'signed_in')).toBeCloseTo(0.3);
  payment.baseline.journeys.set(partBit('cart') | history, 100);
  expect(unknown('cart')).toBeCloseTo(0.5);
  // pages of the part that is asked for are no part in a standing, and are there still
  payment.baseline.journeys.set(several, 200);
  expect(unknown()).toBeCloseTo(0.1);
});
