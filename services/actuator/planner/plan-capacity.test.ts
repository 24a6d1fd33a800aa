import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, parseNetwork } from '../../../lib/ip.ts';
import type { Candidate, CapacityLimits } from './candidate.ts';
import { largestAt } from './contenders.ts';
import { planCapacity } from './plan-capacity.ts';

const limitsOf = (slots: readonly number[], more: Partial<CapacityLimits> = {}): CapacityLimits => ({
  slots,
  collateral: Number.POSITIVE_INFINITY,
  keepAbove: 0.97,
  ...more,
});
function address(text: string, stops: number, more: Partial<Candidate> = {}): Candidate {
  const network = parseNetwork(text)!;
  return {
    key: text,
    pool: 0,
    stops,
    collateral: 0,
    slots: 1,
    network,
    campaigns: [],
    coverage: 0,
    pinned: false,
    ...more,
  };
}
const rule = (key: string, campaign: string, stops: number, more: Partial<Candidate> = {}): Candidate =>
  address('0.0.0.0', stops, { key, network: null, pool: 1, campaigns: [campaign], coverage: 1, ...more });
const keys = (candidates: readonly Candidate[]) => candidates.map(({ key }) => key).sort();

test('takes what stops most a slot, and says what it left out and what that would have stopped', () => {
  const plan = planCapacity(
    [address('192.0.2.1', 5), address('192.0.2.2', 9), address('192.0.2.3', 7), address('192.0.2.4', 0)],
    limitsOf([2]),
  );
  expect(keys(plan.chosen)).toEqual(['192.0.2.2', '192.0.2.3']);
  expect([...plan.notChosen()].map(({ candidate, cause }) => [candidate.key, cause])).toEqual([
    ['192.0.2.1', 'capacity'],
    ['192.0.2.4', 'idle'],
  ]);
  expect(plan.pools).toEqual([{ slots: 2, used: 2, stops: 16, leftOut: 1, leftOutStops: 5 }]);
  expect([plan.stops, Math.round(plan.atMost)]).toEqual([16, 16]);
});

test('what a chosen network or rule selects is worth only what that misses', () => {
  const members = [1, 2, 3].map((host) => address(`192.0.2.${host}`, 10, { campaigns: ['c'] }));
  const wide = address('192.0.2.0/24', 35);
  const covered = planCapacity([...members, wide], limitsOf([4]));
  expect(keys(covered.chosen)).toEqual(['192.0.2.0/24']);
  expect(new Set([...covered.notChosen()].map(({ cause }) => cause))).toEqual(new Set(['covered']));

  const whole = planCapacity([...members, rule('sig', 'c', 100)], limitsOf([4, 1]));
  expect(keys(whole.chosen)).toEqual(['sig']);
  const most = planCapacity([...members, rule('sig', 'c', 100, { coverage: 0.9 })], limitsOf([2, 1]));
  expect(most.chosen).toHaveLength(3);
  expect(most.stops).toBeCloseTo(102);
});

test('good requests are a budget; a wide block that costs too many gives way to its members', () => {
  const members = [1, 2, 3].map((host) => address(`192.0.2.${host}`, 10));
  const wide = address('192.0.2.0/24', 31, { collateral: 8 });
  const plan = planCapacity([...members, wide], limitsOf([3], { collateral: 5 }));
  expect(keys(plan.chosen)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3']);
  expect([...plan.notChosen()]).toMatchObject([{ candidate: { key: '192.0.2.0/24' } }]);
});

test('what a person asked for comes first, whatever it stops and hits', () => {
  const plan = planCapacity(
    [address('192.0.2.1', 1000), address('192.0.2.2', 0, { pinned: true, collateral: 9 })],
    limitsOf([1], { collateral: 1 }),
    new Set(['192.0.2.1']),
  );
  expect(keys(plan.chosen)).toEqual(['192.0.2.2']);
  expect(plan.stops).toBe(0);
});

/** Small worlds: addresses, networks around them, and rules for their campaigns. */
const smallWorld = fc
  .record({
    addresses: fc.uniqueArray(
      fc.record({
        host: fc.integer({ min: 0, max: 31 }),
        stops: fc.integer({ min: 1, max: 40 }),
        collateral: fc.constantFrom(0, 0, 0, 1, 3),
        campaign: fc.constantFrom('a', 'b'),
      }),
      { selector: ({ host }) => host, maxLength: 7 },
    ),
    networks: fc.uniqueArray(
      fc.record({
        at: fc.constantFrom(0, 8, 16, 24),
        more: fc.integer({ min: 0, max: 30 }),
        collateral: fc.integer({ min: 0, max: 6 }),
      }),
      { selector: ({ at }) => at, maxLength: 2 },
    ),
    rules: fc.uniqueArray(
      fc.record({
        campaign: fc.constantFrom('a', 'b'),
        more: fc.integer({ min: 0, max: 60 }),
        coverage: fc.constantFrom(0.5, 0.9, 1),
        collateral: fc.integer({ min: 0, max: 4 }),
      }),
      { selector: ({ campaign }) => campaign, maxLength: 2 },
    ),
    slots: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 2 })),
    budget: fc.constantFrom(Number.POSITIVE_INFINITY, 2, 4, 8),
  })
  .map(({ addresses, networks, rules, slots, budget }) => {
    const singles = addresses.map(({ host, stops, collateral, campaign }) =>
      address(`192.0.2.${host}`, stops, { collateral, campaigns: [campaign] }),
    );
    const wide = networks.map(({ at, more, collateral }) => {
      const network = parseNetwork(`192.0.2.${at}/29`)!;
      const inside = singles.filter((each) => contains(network, each.network!.address));
      const stops = inside.reduce((sum, each) => sum + each.stops, more);
      return address(`192.0.2.${at}/29`, stops, { collateral, campaigns: ['a', 'b'] });
    });
    const signatures = rules.map(({ campaign, more, coverage, collateral }) => {
      const inside = singles.filter((each) => each.campaigns[0] === campaign);
      const stops = inside.reduce((sum, each) => sum + coverage * each.stops, more);
      return rule(`rule-${campaign}`, campaign, stops, { coverage, collateral });
    });
    return {
      candidates: [...singles, ...wide, ...signatures],
      limits: limitsOf(slots, { collateral: budget }),
    };
  });

/** What a choice stops, worked out from the definition: the widest thing chosen counts, then what it misses. */
function stopped(choice: readonly Candidate[], all: readonly Candidate[]): number {
  let total = 0;
  for (const each of choice) {
    if (each.network === null) {
      total += each.stops;
      continue;
    }
    const around = all.filter(
      (other) =>
        other.network !== null &&
        other.network.prefix < each.network!.prefix &&
        contains(other.network, each.network!.address),
    );
    if (around.some((other) => choice.includes(other))) continue;
    // An address under a network counts as that network's; one under none as its campaign's.
    const above = all.find(
      (other) =>
        around.length === 0 &&
        each.campaigns.length === 1 &&
        other.network === null &&
        other.campaigns[0] === each.campaigns[0] &&
        choice.includes(other),
    );
    total += each.stops * (above === undefined ? 1 : 1 - above.coverage);
  }
  return total;
}
function best(candidates: readonly Candidate[], limits: CapacityLimits): number {
  let most = 0;
  const walk = (at: number, choice: Candidate[], used: number[], hit: number): void => {
    if (at === candidates.length) {
      most = Math.max(most, stopped(choice, candidates));
      return;
    }
    const each = candidates[at]!;
    walk(at + 1, choice, used, hit);
    if (used[each.pool]! + each.slots > limits.slots[each.pool]!) return;
    if (hit + each.collateral > limits.collateral) return;
    const after = [...used];
    after[each.pool] = after[each.pool]! + each.slots;
    walk(at + 1, [...choice, each], after, hit + each.collateral);
  };
  walk(0, [], [0, 0], 0);
  return most;
}

test('stops at least 95 % of what the best possible choice stops, within every limit; the bound is one', () => {
  fc.assert(
    fc.property(smallWorld, ({ candidates, limits }) => {
      const plan = planCapacity(candidates, limits);
      const optimum = best(candidates, limits);
      expect(plan.stops).toBeGreaterThanOrEqual(0.95 * optimum - 1e-6);
      expect(plan.atMost).toBeGreaterThanOrEqual(optimum * (1 - 1e-6));
      expect(plan.stops).toBeCloseTo(stopped(plan.chosen, candidates), 4);
      expect(plan.collateral).toBeLessThanOrEqual(limits.collateral);
      for (const pool of plan.pools) expect(pool.used).toBeLessThanOrEqual(pool.slots);
      expect(plan.chosen.length + [...plan.notChosen()].length).toBe(candidates.length);
    }),
    { numRuns: 200 },
  );
});

/** Many addresses as attacks have them: a few that send much, most that send little, some that good clients share. */
function crowd(seed: number, count: number): Candidate[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, index) => ({
    ...address(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, Math.ceil(2 / (random() + 0.002))),
    collateral: random() < 0.1 ? Math.floor(8 * random()) : 0,
  }));
}
function randomFrom(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

test('of thousands, what it stops is proven to be near the best', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(30, 100, 400), (seed, slots) => {
      const plan = planCapacity(crowd(seed, 2000), limitsOf([slots], { collateral: 20 }));
      expect(plan.stops).toBeGreaterThanOrEqual(0.98 * plan.atMost);
    }),
    { numRuns: 8 },
  );
});

test('after a change of 1 % of the candidates at most 2 % of the slots change', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.constantFrom(Number.POSITIVE_INFINITY, 60),
      (seed, budget) => {
        const slots = 500;
        const limits = limitsOf([slots], { collateral: budget });
        const before = crowd(seed, 5000);
        const held = new Set(keys(planCapacity(before, limits).chosen));
        const random = randomFrom(seed + 1);
        // 1 %: some go, some come, some send more or less than before; as many of each among those that are held.
        const inList = before.filter(({ key }) => held.has(key));
        const others = before.filter(({ key }) => !held.has(key));
        const changed = new Map<string, Candidate | null>();
        for (const [group, size] of [
          [inList, slots / 100],
          [others, others.length / 100],
        ] as const)
          for (let index = 0; index < size; index++) {
            const each = group[Math.floor(random() * group.length)]!;
            changed.set(each.key, random() < 0.3 ? null : { ...each, stops: each.stops * (0.5 + random()) });
          }
        const after = before.flatMap((each) => {
          const now = changed.get(each.key);
          return now === null ? [] : [now ?? each];
        });
        const next = keys(planCapacity(after, limits, held).chosen);
        const came = next.filter((key) => !held.has(key)).length;
        const went = held.size - (next.length - came);
        expect(Math.max(came, went)).toBeLessThanOrEqual(0.02 * slots);
      },
    ),
    { numRuns: 8 },
  );
});

test('the order of the candidates decides nothing, and without a change nothing moves', () => {
  fc.assert(
    fc.property(smallWorld, ({ candidates, limits }) => {
      const one = planCapacity(candidates, limits);
      expect(keys(planCapacity([...candidates].reverse(), limits).chosen)).toEqual(keys(one.chosen));
      const held = new Set(keys(one.chosen));
      expect(keys(planCapacity(candidates, limits, held).chosen)).toEqual(keys(one.chosen));
    }),
    { numRuns: 100 },
  );
});

test('the largest but so many is what sorting finds', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.double({ noNaN: true, min: 0, max: 5 }).map((value) => Math.round(value)),
        { minLength: 1 },
      ),
      fc.nat(),
      (values, at) => {
        const count = 1 + (at % values.length);
        const sorted = [...values].sort((a, b) => b - a);
        expect(largestAt(Float64Array.from(values), count)).toBe(sorted[count - 1]);
      },
    ),
  );
});
