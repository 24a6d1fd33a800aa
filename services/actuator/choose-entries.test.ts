import { expect, test } from 'vitest';
import { plainDescriptor, plainEntry } from '../../test/counterparts/edge-fixture.ts';
import { type CapacityOptions, chooseEntries, unlimitedCapacity } from './choose-entries.ts';
import type { EdgeDescriptor, Entry } from './edge.ts';

const descriptor: EdgeDescriptor = {
  ...plainDescriptor,
  pools: [
    { name: 'addresses', holds: ['ip4', 'ip6'], capacity: 3 },
    { name: 'rules', holds: ['signature'], capacity: 1 },
  ],
  actions: ['block', 'rate_limit'],
  ruleLanguage: 'nginx',
};
function entry(value: string, requests: number, more: Partial<Entry> = {}): Entry {
  const kind = value.startsWith('sig') ? 'signature' : value.includes('/') ? 'cidr' : 'ip';
  return plainEntry({ kind, value, signature: null }, { requests, ...more });
}
const choose = (entries: readonly Entry[], capacity: Partial<CapacityOptions> = {}) =>
  chooseEntries(entries, new Map(), [], descriptor, () => null, { ...unlimitedCapacity, ...capacity });
const values = (entries: readonly Entry[]) => entries.map(({ value }) => value).sort();
const many = [1, 2, 3, 4, 5].map((host) => entry(`203.0.113.${host}`, 10 * host));

test('a full list holds what stops most; the rest is left out with figures', () => {
  const { chosen, leftOut, figures } = choose(many);
  expect(values(chosen)).toEqual(['203.0.113.3/32', '203.0.113.4/32', '203.0.113.5/32']);
  expect(leftOut.map(({ entry: each, cause, detail }) => [each.value, cause, detail])).toEqual([
    ['203.0.113.1/32', 'capacity', 'addresses holds 3'],
    ['203.0.113.2/32', 'capacity', 'addresses holds 3'],
  ]);
  expect(figures).toMatchObject({
    stops: 123,
    pools: [{ used: 3, slots: 3, leftOut: 2, leftOutStops: 32 }, {}],
  });
  expect(choose(many.slice(0, 3)).figures).toBeNull();
});

test('what a person asked for has its slot; a harder action counts for more', () => {
  const byHand = entry('198.51.100.1', 0, { byHand: true });
  const weak = entry('198.51.100.2', 45, { action: 'rate_limit' });
  expect(values(choose([...many, byHand, weak]).chosen)).toEqual([
    '198.51.100.1/32',
    '203.0.113.4/32',
    '203.0.113.5/32',
  ]);
});

test('addresses of a campaign whose rule is held give their slots to others', () => {
  const members = many.map((each) => ({ ...each, campaignIds: ['cmp_a'] }));
  const others = [1, 2, 3].map((host) => entry(`198.51.100.${host}`, 5));
  const rule = entry('signature', 1000, { campaignIds: ['cmp_a'] });
  const { chosen } = choose([...members, ...others, rule], { coverageOf: () => 0.99 });
  expect(values(chosen)).toEqual(['198.51.100.1/32', '198.51.100.2/32', '198.51.100.3/32', 'signature']);
});

test('addresses become a network only on request, within its price in good requests, and where nothing protects it', () => {
  const aggregate = { v4: 24, v6: 48, minMembers: 3, maxCollateral: 5, permits: () => true };
  const collateralOf = (price: number) => (each: Entry) => (each.value.endsWith('/24') ? price : 0);
  const joined = choose(many, { aggregate, collateralOf: collateralOf(5) });
  expect(values(joined.chosen)).toEqual(['203.0.113.0/24']);
  expect(joined.chosen[0]).toMatchObject({
    decisionId: 'dec_203.0.113.5',
    reason: '5 listed addresses; the list has no room for each',
    requests: 150,
  });
  expect(joined.leftOut.every(({ cause }) => cause === 'covered')).toBe(true);
  const dear = choose(many, { aggregate, collateralOf: collateralOf(6) });
  const spared = choose(many, { aggregate: { ...aggregate, permits: () => false } });
  const unasked = choose(many);
  for (const { chosen } of [dear, spared, unasked]) expect(chosen).toHaveLength(3);
});

test('entries that would stop too many good requests together give way', () => {
  const collateralOf = (each: Entry) => (each.value === '203.0.113.5/32' ? 10 : 0);
  const { chosen, leftOut } = choose(many.slice(2), { collateralOf, collateralBudget: 9 });
  expect(values(chosen)).toEqual(['203.0.113.3/32', '203.0.113.4/32']);
  expect(leftOut).toMatchObject([{ cause: 'collateral', detail: 'would stop too many good requests' }]);
});
