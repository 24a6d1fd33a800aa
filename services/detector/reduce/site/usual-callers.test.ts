import { expect, test } from 'vitest';
import { parseIp } from '../../../../lib/ip.ts';
import { flag, paneMs } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { createBaseline } from './baseline.ts';
import { createSiteState } from './create-site-state.ts';
import { paneOf, sampleOf } from './scope.test-fixture.ts';
import { createScope } from './scope.ts';
import { scopeId, watchedScope } from './site-state.ts';
import { callersOf, gatewaysOf, usualShares } from './usual-callers.ts';

const pane = 1_794_000_000_000 / paneMs;
const sampleFrom = (address: string, order: number, flags = 0): Sample =>
  sampleOf({ order, client: parseIp(address)!.readUInt32BE(12), flags }, { client_ip: address });

const clientOf = (address: string): number => sampleFrom(address, 0).client;

/** An endpoint whose normal requests came from these addresses, so many from each. */
function endpointOf(key: string, from: { readonly [address: string]: number }) {
  const baseline = createBaseline(pane * paneMs);
  for (const [address, count] of Object.entries(from))
    for (let order = 0; order < count; order++) baseline.reference.push(sampleFrom(address, order));
  return watchedScope(
    createScope(paneOf([], { key }), pane, () => false),
    baseline,
  );
}

const people = (count: number): { [address: string]: number } =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`203.0.${index >> 8}.${index & 255}`, 1]));

test('an address has the largest share that it has anywhere; an IPv6 client is its /64', () => {
  const state = createSiteState('shop', pane);
  const add = (key: string, from: { readonly [address: string]: number }): void => {
    state.scopes.set(scopeId('endpoint', key), endpointOf(key, from));
  };
  add('POST /login', { ...people(180), '198.51.100.7': 20 });
  add('GET /', { ...people(390), '198.51.100.7': 10, '192.0.2.1': 7 });
  add('POST /pay', { ...people(184), '2001:db8:0:1::5': 8, '2001:db8:0:1::6': 8 });
  // too little is known of it: one visit would be a visible part
  add('GET /rare', { ...people(20), '192.0.2.9': 20 });
  const shares = usualShares(state);
  expect(shares.get('198.51.100.7')).toBeCloseTo(0.1);
  expect(shares.get('2001:db8:0:1::/64')).toBeCloseTo(0.08);
  expect([...shares.keys()].sort()).toEqual(['198.51.100.7', '2001:db8:0:1::/64']);
});

test('callers of a scope are its clients with a visible part of it', () => {
  const watched = endpointOf('POST /login', { ...people(180), '198.51.100.7': 20, '198.51.100.8': 5 });
  expect([...callersOf(watched).clients]).toEqual([clientOf('198.51.100.7')]);
});

test('people come through those that mostly get what they ask for', () => {
  const watched = endpointOf('POST /login', { ...people(180), '198.51.100.7': 20 });
  for (let order = 0; order < 40; order++) {
    watched.baseline.reference.push(sampleFrom('198.51.100.9', order, order < 38 ? flag.failing : 0));
    watched.baseline.reference.push(sampleFrom('198.51.100.7', order, order < 4 ? flag.failing : 0));
  }
  expect(callersOf(watched).clients).toEqual(new Set([clientOf('198.51.100.7'), clientOf('198.51.100.9')]));
  expect(gatewaysOf(watched)).toEqual(new Set([clientOf('198.51.100.7')]));
  const state = createSiteState('shop', pane);
  state.scopes.set(scopeId('endpoint', 'POST /login'), watched);
  expect([...usualShares(state).keys()]).toEqual(['198.51.100.7']);
});

test('what does not come from callers is counted, but for a baseline of which one visit is a visible part', () => {
  const othersOf = (from: { readonly [address: string]: number }) =>
    callersOf(endpointOf('POST /partners/login', from)).others;
  const servers = { '198.51.100.7': 200, '198.51.100.8': 196 };
  const few = othersOf({ ...people(4), ...servers });
  expect(few.share).toBeCloseTo(0.01, 2);
  expect(few.upper).toBeLessThan(0.03);
  expect(othersOf(servers).share).toBeLessThan(0.002);
  expect(othersOf({ '198.51.100.7': 100 })).toEqual({ share: 1, upper: 1 });
  expect(othersOf(people(400))).toEqual({ share: 1, upper: 1 });
});
