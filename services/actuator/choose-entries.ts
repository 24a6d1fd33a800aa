import { type Network, parseNetwork } from '../../lib/ip.ts';
import { type ActionKind, strength } from './decider/actions.ts';
import type { EdgeDescriptor, Entry, ObservedEntry, Pool } from './edge.ts';
import { isAddress, isWideNetwork, longestV6Of } from './entry-name.ts';
import { createNetworkSet } from './network-set.ts';
import { type AggregateOptions, aggregatedEntries } from './planner/aggregate.ts';
import type { Candidate, CapacityPlan, NotChosen } from './planner/candidate.ts';
import { planCapacity } from './planner/plan-capacity.ts';

export interface LeftOut {
  readonly entry: Entry;
  /** `covered`: what is held stops it already, nothing is lost. `collateral`: it would hit too many good requests. */
  readonly cause: 'capacity' | 'collateral' | 'action' | 'kind' | 'inexpressible' | 'covered';
  readonly detail: string;
}

/** What is known about entries that the planner weighs when not all of them fit. */
export interface CapacityOptions {
  /** Good requests of the sample that an entry selects. */
  readonly collateralOf: (entry: Entry) => number;
  /** Most good requests of the sample that all entries together may select; Infinity: not limited. */
  readonly collateralBudget: number;
  /** Of a rule: the share of its campaigns' traffic that it selects; 0: not known. */
  readonly coverageOf: (entry: Entry) => number;
  /** The present entries stay while they stop this share of what the best ones would. */
  readonly keepAbove: number;
  /** Addresses may become networks; null: never. */
  readonly aggregate: (AggregateOptions & { readonly permits: (entry: Entry) => boolean }) | null;
}

export const unlimitedCapacity: CapacityOptions = {
  collateralOf: () => 0,
  collateralBudget: Number.POSITIVE_INFINITY,
  coverageOf: () => 0,
  keepAbove: 0.97,
  aggregate: null,
};

/** How the choice came out when not everything fitted. */
export type CapacityFigures = Pick<CapacityPlan, 'stops' | 'atMost' | 'collateral' | 'pools'>;

export interface ChosenEntries {
  /** In no order. */
  readonly chosen: readonly Entry[];
  readonly leftOut: LeftOut[];
  /** null: everything that the edge can express fits. */
  readonly figures: CapacityFigures | null;
}

/**
 * Share of the requests it selects that an action keeps from the site. Judgement, not measurement: it only ranks
 * entries for the same slot.
 */
const effect: { readonly [A in ActionKind]: number } = {
  block: 1,
  challenge: 0.9,
  rate_limit: 0.5,
  tag: 0.05,
  observe: 0,
};
const levels = ['informational', 'low', 'medium', 'high', 'critical'];

/** The entries the edge is to hold: those it can express, uncovered, and the best of them where not all fit. */
export function chooseEntries(
  desired: readonly Entry[],
  present: ReadonlyMap<string, ObservedEntry>,
  foreign: readonly ObservedEntry[],
  descriptor: EdgeDescriptor,
  inexpressible: (entry: Entry) => string | null,
  capacity: CapacityOptions,
): ChosenEntries {
  const leftOut: LeftOut[] = [];
  const out = (entry: Entry, cause: LeftOut['cause'], detail: string): void => {
    leftOut.push({ entry, cause, detail });
  };
  const { pools } = descriptor;
  const eligible: { readonly entry: Entry; readonly pool: number }[] = [];
  const needed = pools.map(() => 0);
  let collateral = 0;
  for (const entry of uncovered(desired, out)) {
    const pool = pools.findIndex((candidate) => candidate.holds.includes(entry.kind));
    if (pool < 0) {
      out(entry, 'kind', `${descriptor.kind} holds no ${entry.kind}`);
      continue;
    }
    if (entry.kind === 'ip6' && parseNetwork(entry.value)!.prefix > descriptor.longestV6Prefix) {
      out(entry, 'inexpressible', `IPv6 only up to /${descriptor.longestV6Prefix}`);
      continue;
    }
    const reason = inexpressible(entry);
    if (reason !== null) {
      out(entry, 'inexpressible', reason);
      continue;
    }
    eligible.push({ entry, pool });
    needed[pool] = needed[pool]! + slotsOf(pools[pool]!, entry);
    collateral += capacity.collateralOf(entry);
  }
  const room = pools.map(({ capacity: slots, holds }) =>
    Math.max(0, slots - foreign.filter(({ kind }) => holds.includes(kind)).length),
  );
  const fits = needed.every((slots, pool) => slots <= room[pool]!) && collateral <= capacity.collateralBudget;
  if (fits) return { chosen: eligible.map(({ entry }) => entry), leftOut, figures: null };

  if (capacity.aggregate !== null) {
    const { permits } = capacity.aggregate;
    const isHeld = new Set(eligible.map(({ entry }) => entry.key));
    for (const [pool, { holds }] of pools.entries()) {
      if (needed[pool]! <= room[pool]! || !(holds.includes('ip4') || holds.includes('ip6'))) continue;
      const members = eligible.filter((each) => each.pool === pool).map(({ entry }) => entry);
      for (const entry of aggregatedEntries(members, capacity.aggregate, capacity.collateralOf, permits))
        if (!isHeld.has(entry.key) && holds.includes(entry.kind)) eligible.push({ entry, pool });
    }
  }
  const byKey = new Map(eligible.map(({ entry }) => [entry.key, entry]));
  const plan = planCapacity(
    candidatesOf(eligible, pools, capacity),
    { slots: room, collateral: capacity.collateralBudget, keepAbove: capacity.keepAbove },
    new Set([...present.keys()].filter((key) => byKey.has(key))),
  );
  const wanted = new Set(desired.map(({ key }) => key));
  for (const { candidate, cause } of plan.notChosen()) {
    // A network that nobody decided on was an offer only.
    if (!wanted.has(candidate.key)) continue;
    const pool = pools[candidate.pool]!;
    out(byKey.get(candidate.key)!, causeOf(cause), detailOf(cause, pool));
  }
  return { chosen: plan.chosen.map(({ key }) => byKey.get(key)!), leftOut, figures: plan };
}

export const slotsOf = (pool: Pool, entry: Entry): number => pool.slotsOf?.(entry) ?? 1;
const causeOf = (cause: NotChosen): LeftOut['cause'] => (cause === 'idle' ? 'capacity' : cause);

function detailOf(cause: NotChosen, pool: Pool): string {
  if (cause === 'covered') return 'selected by what is held';
  if (cause === 'collateral') return 'would stop too many good requests';
  return `${pool.name} holds ${pool.capacity}`;
}

function candidatesOf(
  eligible: readonly { readonly entry: Entry; readonly pool: number }[],
  pools: readonly Pool[],
  capacity: CapacityOptions,
): Candidate[] {
  const wide = wideNetworks(eligible.map(({ entry }) => entry));
  return eligible.map(({ entry, pool }) => {
    const network = isAddress(entry) ? parseNetwork(entry.value)! : null;
    // What is stopped harder than the network around it is worth its own slot.
    const around = network === null ? null : (wide.covering(network)?.value ?? null);
    const isApart = around !== null && strength(around.action) < strength(entry.action);
    return {
      key: entry.key,
      pool,
      stops: (1 + entry.requests) * effect[entry.action],
      collateral: capacity.collateralOf(entry),
      slots: slotsOf(pools[pool]!, entry),
      network: isApart ? null : network,
      campaigns: entry.campaignIds,
      coverage: network === null ? capacity.coverageOf(entry) : 0,
      pinned: entry.byHand === true,
    };
  });
}

/**
 * Most severe first, then most requests (by order of magnitude, so that small changes do not swap entries), then the
 * newest: what readers of a part of the list should get.
 */
export function bySeverity(entries: readonly Entry[]): Entry[] {
  if (entries.length < 2) return [...entries];
  const score = (entry: Entry): number =>
    (strength(entry.action) * 8 + levels.indexOf(entry.level)) * 64 +
    Math.floor(Math.log2(entry.requests + 1));
  const scored = entries.map((entry) => ({ entry, score: score(entry) }));
  scored.sort(
    (a, b) =>
      b.score - a.score ||
      b.entry.decidedAt - a.entry.decidedAt ||
      (a.entry.key < b.entry.key ? -1 : a.entry.key > b.entry.key ? 1 : 0),
  );
  return scored.map(({ entry }) => entry);
}

function wideNetworks(entries: readonly Entry[]) {
  const longestV6 = longestV6Of(entries.map(({ key }) => key));
  return createNetworkSet(
    entries
      .filter(({ key }) => isWideNetwork(key, longestV6))
      .map((entry): readonly [Network, Entry] => [parseNetwork(entry.value)!, entry]),
  );
}

/** Without the address entries that lie in a wider one of at least the same action and end. */
function* uncovered(
  desired: readonly Entry[],
  out: (entry: Entry, cause: 'covered', detail: string) => void,
): Generator<Entry> {
  const wide = wideNetworks(desired);
  for (const entry of desired) {
    const around =
      wide.size > 0 && isAddress(entry) ? wide.covering(parseNetwork(entry.value)!)?.value : undefined;
    const covers =
      around !== undefined &&
      around.key !== entry.key &&
      strength(around.action) >= strength(entry.action) &&
      around.expiresAt >= entry.expiresAt;
    if (covers) out(entry, 'covered', `inside ${around.value}`);
    else yield entry;
  }
}
