import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainDescriptor, plainEntry } from '../../test/counterparts/edge-fixture.ts';
import { unlimitedCapacity } from './choose-entries.ts';
import type { EdgeDescriptor, Entry, Observed, ObservedEntry } from './edge.ts';
import { asObserved } from './edges/placed-entry.ts';
import { countsOf, knownEdge } from './known-edge.ts';
import { type Plan, type ReconcileOptions, reconcile } from './reconcile.ts';

const descriptor: EdgeDescriptor = {
  ...plainDescriptor,
  pools: [
    { name: 'addresses', holds: ['ip4', 'ip6'], capacity: 8 },
    { name: 'rules', holds: ['country', 'asn'], capacity: 6, slotsOf: ({ value }) => value.length },
  ],
  actions: ['block', 'tag'],
};
const options: ReconcileOptions = {
  adopt: false,
  known: (key) => key !== 'ip4|203.0.113.4/32',
  inexpressible: ({ value }) => (value === '203.0.113.7/32' ? 'no such address' : null),
  maxUnexplainedShare: 0.2,
  capacity: {
    ...unlimitedCapacity,
    collateralOf: ({ value }) => (value.endsWith('5/32') ? 2 : 0),
    collateralBudget: 3,
  },
};

interface Wanted {
  readonly kind: 'ip' | 'cidr' | 'country' | 'asn';
  readonly value: string;
  readonly action: Entry['action'];
  readonly revision: number;
  readonly expiresAt: number;
}
const wanted: fc.Arbitrary<Wanted> = fc.record({
  kind: fc.constant('ip' as const),
  value: fc.oneof(
    { weight: 3, arbitrary: fc.nat(15).map((host) => `203.0.113.${host}`) },
    fc.constantFrom('2001:db8::7', '2001:db8:0:1::7'),
  ),
  action: fc.constantFrom('block' as const, 'block' as const, 'tag' as const, 'challenge' as const),
  revision: fc.nat(2),
  expiresAt: fc.integer({ min: 1, max: 3 }),
});
const wide: fc.Arbitrary<Wanted> = fc.record({
  kind: fc.constant('cidr' as const),
  value: fc.constantFrom(
    '203.0.113.0/30',
    '203.0.113.8/29',
    '198.51.100.0/24',
    '2001:db8::/48',
    '2001:db8::/64',
    '2001:db8:0:1::/64',
    '2001:db8:0:1::7/128',
    '::/64',
  ),
  action: fc.constantFrom('block' as const, 'tag' as const),
  revision: fc.nat(2),
  expiresAt: fc.integer({ min: 1, max: 3 }),
});
const named: fc.Arbitrary<Wanted> = fc.record({
  kind: fc.constantFrom('country' as const, 'asn' as const),
  value: fc.constantFrom('1', '23', '456'),
  action: fc.constant('block' as const),
  revision: fc.nat(2),
  expiresAt: fc.constant(1),
});
function entryFrom({ kind, value, action, revision, expiresAt }: Wanted): Entry {
  const more = { action, decisionId: `dec_${value}_${revision}`, requests: revision, expiresAt };
  return plainEntry({ kind, value, signature: null }, more);
}
const stranger: ObservedEntry = {
  ...asObserved(entryFrom({ kind: 'ip', value: '203.0.113.2', action: 'block', revision: 0, expiresAt: 1 })),
  owner: 'foreign',
};

function applied(there: Observed, plan: Plan): Observed {
  const entries = new Map(there.entries.map((entry) => [entry.key, entry]));
  for (const { key } of plan.remove) entries.delete(key);
  for (const entry of [...plan.update, ...plan.add]) entries.set(entry.key, asObserved(entry));
  return { entries: [...entries.values()], damaged: null };
}
const keysOf = (entries: readonly { readonly key: string }[]) => entries.map(({ key }) => key).sort();
const textOf = (entries: readonly Entry[]) =>
  entries.map((entry) => `${entry.key} ${entry.action} ${entry.decisionId} ${entry.expiresAt}`).sort();

const step = fc.array(
  fc.record({ entry: fc.oneof({ weight: 6, arbitrary: wanted }, wide, named), goes: fc.boolean() }),
  { minLength: 1, maxLength: 3 },
);

test('a plan for what has changed is the plan for everything, restricted to it; else there is none', () => {
  let [partial, whole] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 3, arbitrary: wanted }, named), { maxLength: 8 }),
      fc.option(wide),
      fc.boolean(),
      fc.array(step, { maxLength: 8 }),
      (first, network, withStranger, steps) => {
        const desired = new Map(
          [...first, ...(network === null ? [] : [network])].map((each) => [
            entryFrom(each).key,
            entryFrom(each),
          ]),
        );
        let there: Observed = { entries: withStranger ? [stranger] : [], damaged: null };
        const lookAtAll = () => reconcile([...desired.values()], there, descriptor, options);
        const learn = () => {
          there = applied(there, lookAtAll());
          return knownEdge(lookAtAll(), there, descriptor, options.capacity);
        };
        let known = learn();
        for (const changes of steps) {
          const changed = new Set<string>();
          for (const { entry, goes } of changes) {
            const next = entryFrom(entry);
            changed.add(next.key);
            if (goes) desired.delete(next.key);
            else desired.set(next.key, next);
          }
          const part = known?.planFor(changed, (key) => desired.get(key), options) ?? null;
          const all = lookAtAll();
          if (part === null) {
            whole++;
            known = learn();
            continue;
          }
          partial++;
          const { plan } = part;
          expect(plan.planId).toBe(all.planId);
          expect(textOf(plan.add)).toEqual(textOf(all.add));
          expect(textOf(plan.update)).toEqual(textOf(all.update));
          expect(keysOf(plan.remove)).toEqual(keysOf(all.remove));
          expect(textOf(plan.content)).toEqual(textOf(all.content));
          expect(keysOf(plan.retained)).toEqual(keysOf(all.retained));
          const about = all.leftOut.filter(({ entry }) => changed.has(entry.key));
          for (const { entry, cause } of about)
            expect(plan.leftOut.find((left) => left.entry.key === entry.key)?.cause).toBe(cause);
          there = applied(there, plan);
          part.applied();
          expect(known!.counts()).toEqual(countsOf(lookAtAll(), there));
        }
      },
    ),
    { numRuns: 200 },
  );
  // Neither is an exception in this world.
  expect(Math.min(partial, whole)).toBeGreaterThan(50);
});

test('an edge that is full, held, refused or waiting has to be looked at as a whole', () => {
  const many = Array.from({ length: 9 }, (_, host) =>
    entryFrom({ kind: 'ip', value: `198.51.100.${host}`, action: 'block', revision: 0, expiresAt: 1 }),
  );
  const learn = (count: number, more: Partial<ReconcileOptions> = {}) => {
    const desired = many.slice(0, count);
    const there: Observed = { entries: desired.slice(0, 8).map(asObserved), damaged: null };
    const plan = reconcile(desired, there, descriptor, { ...options, ...more });
    return knownEdge(plan, there, descriptor, options.capacity);
  };
  expect(learn(9)).toBeNull();
  const known = learn(8)!;
  const one = new Set([many[8]!.key]);
  expect(known.planFor(one, () => many[8], options)).toBeNull();
  const gone = new Set([many[7]!.key]);
  expect(known.planFor(gone, () => undefined, { ...options, known: () => false })).toBeNull();
  const waits = learn(7)!.planFor(one, () => many[8], { ...options, holdAddition: () => 'not now' });
  expect(waits).toBeNull();
});

test('a client of IPv6, a /64, is planned alone as an address of IPv4 is, until a longer one is there', () => {
  const client = (net: number, length = 64) =>
    entryFrom({
      kind: 'cidr',
      value: `2001:db8:0:${net}::/${length}`,
      action: 'block',
      revision: 0,
      expiresAt: 1,
    });
  const roomy = { ...descriptor, pools: [{ name: 'addresses', holds: ['ip6' as const], capacity: 2000 }] };
  const desired = Array.from({ length: 1000 }, (_, net) => client(net));
  const there: Observed = { entries: desired.map(asObserved), damaged: null };
  const known = knownEdge(reconcile(desired, there, roomy, options), there, roomy, options.capacity)!;
  const next = client(2000);
  expect(known.planFor(new Set([next.key]), () => next, options)?.plan.add).toEqual([next]);
  expect(known.planFor(new Set([client(7).key]), () => undefined, options)?.plan.remove).toHaveLength(1);
  const longer = client(7, 96);
  expect(known.planFor(new Set([longer.key]), () => longer, options)).toBeNull();
});
