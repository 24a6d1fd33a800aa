import fc from 'fast-check';
import { expect, test } from 'vitest';
import { overlaps, parseNetwork } from '../../lib/ip.ts';
import { plainDescriptor, plainEntry } from '../../test/counterparts/edge-fixture.ts';
import { unlimitedCapacity } from './choose-entries.ts';
import type { EdgeDescriptor, Entry, Observed, ObservedEntry } from './edge.ts';
import { knownAt } from './known-entries.ts';
import { changesOf, isEmpty, type Plan, type ReconcileOptions, reconcile } from './reconcile.ts';

const descriptor: EdgeDescriptor = {
  ...plainDescriptor,
  pools: [
    { name: 'v4', holds: ['ip4'], capacity: 6 },
    { name: 'v6', holds: ['ip6'], capacity: 3 },
  ],
  actions: ['block', 'challenge'],
  longestV6Prefix: 64,
};
const options: ReconcileOptions = {
  adopt: false,
  known: () => true,
  inexpressible: () => null,
  maxUnexplainedShare: 0.2,
};
const entry = (value: string, more: Partial<Entry> = {}): Entry =>
  plainEntry(
    { kind: value.includes('/') ? 'cidr' : 'ip', value, signature: null },
    { expiresAt: 1000, ...more },
  );
function seen(value: string, more: Partial<ObservedEntry> = {}): ObservedEntry {
  const { key, kind, value: canonical } = entry(value);
  return {
    key,
    kind,
    value: canonical,
    owner: 'ours',
    decisionId: null,
    action: null,
    expiresAt: null,
    ...more,
  };
}
const observed = (...entries: ObservedEntry[]): Observed => ({ entries, damaged: null });
const values = (entries: readonly { readonly value: string }[]) => entries.map(({ value }) => value);

test('adds what is wanted, removes what is not, updates what has changed, keeps the rest', () => {
  const plan = reconcile(
    [entry('203.0.113.1'), entry('203.0.113.2'), entry('203.0.113.3', { decisionId: 'dec_new' })],
    observed(seen('203.0.113.2'), seen('203.0.113.3', { decisionId: 'dec_old' }), seen('203.0.113.4')),
    descriptor,
    options,
  );
  expect([values(plan.add), values(plan.update), values(plan.remove)]).toEqual([
    ['203.0.113.1/32'],
    ['203.0.113.3/32'],
    ['203.0.113.4/32'],
  ]);
});

test('says what it leaves out, and why', () => {
  const plan = reconcile(
    [
      entry('203.0.113.0/24'),
      entry('203.0.113.9'),
      entry('203.0.113.10', { expiresAt: 2000 }),
      entry('2001:db8::1'),
      entry('203.0.114.1', { action: 'tag' }),
      entry('203.0.114.2'),
    ],
    observed(),
    descriptor,
    { ...options, inexpressible: ({ value }) => (value === '203.0.114.2/32' ? 'no such field' : null) },
  );
  expect(values(plan.add).sort()).toEqual(['203.0.113.0/24', '203.0.113.10/32']);
  expect(plan.leftOut.map(({ entry: left, cause }) => `${left.value} ${cause}`).sort()).toEqual([
    '2001:db8::1/128 inexpressible',
    '203.0.113.9/32 covered',
    '203.0.114.1/32 action',
    '203.0.114.2/32 inexpressible',
  ]);
});

test('foreign content stays; a target that is replaced as a whole is refused, but still gives back what is ours', () => {
  const there = observed(
    seen('192.0.2.1', { owner: 'foreign' }),
    seen('192.0.2.2', { owner: 'unmarked' }),
    seen('203.0.113.9', { owner: 'unmarked' }),
  );
  const known = (key: string) => key === 'ip4|203.0.113.9/32';
  const wanted = [entry('203.0.113.1')];
  const beside = reconcile(wanted, there, descriptor, { ...options, known });
  expect([values(beside.add), values(beside.remove), beside.refused]).toEqual([
    ['203.0.113.1/32'],
    ['203.0.113.9/32'],
    null,
  ]);
  const whole = reconcile(wanted, there, { ...descriptor, replaceOnly: true }, { ...options, known });
  expect([values(whole.add), values(whole.remove), values(whole.retained)]).toEqual([
    [],
    ['203.0.113.9/32'],
    ['192.0.2.1/32', '192.0.2.2/32'],
  ]);
  expect(whole.refused).toMatch(/2 entries/);
  const adopted = reconcile(wanted, there, { ...descriptor, replaceOnly: true }, { ...options, adopt: true });
  expect([values(adopted.add), adopted.remove.length, adopted.refused]).toEqual([
    ['203.0.113.1/32'],
    3,
    null,
  ]);
});

test('a shrink that no decision explains is held back; one that is explained goes through', () => {
  const there = observed(...Array.from({ length: 40 }, (_, index) => seen(`203.0.113.${index}`)));
  const explained = reconcile([], there, descriptor, options);
  expect([explained.remove.length, explained.held]).toEqual([40, null]);
  const lost = reconcile([], there, descriptor, { ...options, known: (key) => key.endsWith('.1/32') });
  expect([values(lost.remove), lost.retained.length]).toEqual([['203.0.113.1/32'], 39]);
  expect(lost.held).toMatch(/39 of 40/);
});

test('what is wanted and left out, or over by what explains it, may go; what is held stays held as the list grows', () => {
  const there = observed(...Array.from({ length: 40 }, (_, index) => seen(`203.0.113.${index}`)));
  const roomy = { ...descriptor, pools: [{ name: 'v4', holds: ['ip4' as const], capacity: 1000 }] };
  const wanted = Array.from({ length: 40 }, (_, index) => entry(`203.0.113.${index}`));
  const explains = ({ value }: { readonly value: string }) => value.startsWith('203.0.113.1');
  const inexpressible = ({ value }: { readonly value: string }) =>
    value.startsWith('203.0.113.2') ? 'no' : null;
  const plan = reconcile(wanted.slice(20, 30), there, roomy, { ...options, explains, inexpressible });
  // 1 and 10 to 19 are over, 20 to 29 are left out; 0, 2 to 9 and 30 to 39 are neither.
  expect([plan.remove.length, plan.unexplained, plan.retained.length]).toEqual([21, 19, 19]);
  expect(plan.held).toMatch(/^19 of 40/);
  const more = Array.from({ length: 200 }, (_, index) => entry(`198.51.100.${index}`));
  const grown = observed(...plan.retained, ...more.map(({ value }) => seen(value)));
  const heldBefore = new Set(plan.retained.map(({ key }) => key));
  const later = reconcile(more, grown, roomy, { ...options, explains, heldBefore });
  expect([later.remove.length, later.retained.length]).toEqual([0, 19]);
  const letGo = reconcile(more, grown, roomy, { ...options, explains, heldBefore, maxUnexplainedShare: 1 });
  expect([letGo.remove.length, letGo.held, letGo.unexplained]).toEqual([19, null, 19]);
});

const levels = ['low', 'medium', 'high', 'critical'];
const address = fc.oneof(
  fc.tuple(fc.nat(2), fc.nat(5)).map(([a, b]) => `203.0.${a}.${b}`),
  fc.tuple(fc.nat(2), fc.integer({ min: 22, max: 31 })).map(([a, length]) => `203.0.${a}.0/${length}`),
  fc.tuple(fc.nat(4), fc.integer({ min: 40, max: 70 })).map(([a, length]) => `2001:db8:${a}::/${length}`),
);
const wantedEntry = fc
  .record({
    value: address,
    action: fc.constantFrom('block' as const, 'challenge' as const, 'tag' as const),
    level: fc.constantFrom(...levels),
    requests: fc.nat(5000),
    expiresAt: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ value, ...more }) => entry(value, more));
const observedEntry = fc
  .record({
    value: address,
    owner: fc.constantFrom('ours' as const, 'foreign' as const, 'unmarked' as const),
  })
  .map(({ value, owner }) => seen(value, { owner }));
const uniqueBy = { selector: (each: { readonly key: string }) => each.key, maxLength: 25 };

function applied(there: Observed, plan: Plan): Observed {
  const gone = new Set(plan.remove.map(({ key }) => key));
  const changed = new Map(plan.update.map((each) => [each.key, each]));
  const kept = there.entries
    .filter(({ key }) => !gone.has(key))
    .map((each) => {
      const update = changed.get(each.key);
      return update === undefined ? each : { ...each, decisionId: each.decisionId && update.decisionId };
    });
  const added = plan.add.map((each) => seen(each.value));
  return observed(...kept, ...added);
}

test('from any state to the desired one: once applied nothing is left, no foreign entry goes, no pool overflows', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(wantedEntry, uniqueBy),
      fc.uniqueArray(observedEntry, uniqueBy),
      fc.boolean(),
      (desired, present, replaceOnly) => {
        const edge = { ...descriptor, replaceOnly };
        const known = (key: string) => key.length % 2 === 0;
        const there = observed(...present);
        const plan = reconcile(desired, there, edge, { ...options, known });
        const after = applied(there, plan);
        const foreign = present.filter(
          (each) => each.owner === 'foreign' || (each.owner === 'unmarked' && !known(each.key)),
        );
        for (const each of foreign) expect(after.entries.some(({ key }) => key === each.key)).toBe(true);
        for (const pool of edge.pools) {
          const held = after.entries.filter(({ kind }) => pool.holds.includes(kind)).length;
          const before = there.entries.filter(({ kind }) => pool.holds.includes(kind)).length;
          expect(held).toBeLessThanOrEqual(Math.max(pool.capacity, before));
        }
        // Whatever is written by us afterwards counts as ours.
        const owned = new Set(plan.add.map(({ key }) => key));
        const again = reconcile(desired, after, edge, {
          ...options,
          known: (key) => known(key) || owned.has(key),
        });
        expect(changesOf(again)).toBe(0);
        expect(isEmpty(again)).toBe(true);
        // Every desired entry is held, left out with a reason, foreign already, or refused.
        for (const each of desired) {
          const held = after.entries.some(({ key }) => key === each.key);
          const said = plan.leftOut.some(({ entry: left }) => left.key === each.key);
          expect(held || said || plan.refused !== null).toBe(true);
        }
        for (const { entry: left, cause } of plan.leftOut) {
          if (cause !== 'covered') continue;
          const network = parseNetwork(left.value)!;
          expect(
            desired.some((each) => each.key !== left.key && overlaps(parseNetwork(each.value)!, network)),
          ).toBe(true);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('the plan does not depend on the order of its inputs', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(wantedEntry, uniqueBy),
      fc.uniqueArray(observedEntry, uniqueBy),
      (desired, present) => {
        const one = reconcile(desired, observed(...present), descriptor, options);
        const other = reconcile(
          [...desired].reverse(),
          observed(...[...present].reverse()),
          descriptor,
          options,
        );
        expect(other.planId).toBe(one.planId);
      },
    ),
  );
});

test('a network that listed addresses became is ours at the next look, also where nothing bears a mark', () => {
  const whole = { ...descriptor, replaceOnly: true };
  const hosts = Array.from({ length: 12 }, (_, host) => entry(`203.0.113.${host}`, { requests: 10 }));
  const decided = new Map(hosts.map(({ key }) => [key, true]));
  const known = knownAt(
    { aggregate: { v4: 24, v6: 48, min_members: 12, max_good_requests: 0 } },
    {
      known: (key) => decided.has(key),
      onKnown: (listener) => {
        for (const key of decided.keys()) listener(key, true);
      },
    },
  );
  const capacity = {
    ...unlimitedCapacity,
    aggregate: { v4: 24, v6: 48, minMembers: 12, maxCollateral: 0, permits: () => true },
  };
  const at = (...entries: ObservedEntry[]) =>
    reconcile(hosts, observed(...entries), whole, { ...options, known, capacity });
  expect(at().content.map(({ value }) => value)).toEqual(['203.0.113.0/24']);
  const written = at(seen('203.0.113.0/24', { owner: 'unmarked' }));
  expect(written).toMatchObject({ refused: null, foreign: [] });
  expect(isEmpty(written)).toBe(true);
  const stranger = at(seen('198.51.100.0/24', { owner: 'unmarked' }));
  expect(stranger.foreign).toHaveLength(1);
});
