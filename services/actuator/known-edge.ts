import { type CapacityOptions, slotsOf, unlimitedCapacity } from './choose-entries.ts';
import type { EdgeDescriptor, Entry, Observed, ObservedEntry } from './edge.ts';
import { asObserved, asObservedWithEnd } from './edges/placed-entry.ts';
import { isWideNetwork, longestV6Of } from './entry-name.ts';
import { heldBackOf, isEmpty, type Plan, type ReconcileOptions, reconcile } from './reconcile.ts';

/** How much is there, and how much of what is wanted is. */
export interface EdgeCounts {
  readonly desired: number;
  readonly observed: number;
  readonly foreign: number;
  readonly leftOut: number;
  /** Removals that a guard holds back. */
  readonly held: number;
}

/** A plan for some keys. */
export interface PartialPlan {
  /** `add`, `update`, `remove` and `leftOut` are about the changed keys alone; the rest is as a whole plan says it. */
  readonly plan: Plan;
  /** It is done. */
  applied(): void;
}

/**
 * An edge that a look has found in step, and what was written to it since: enough to plan a change of some entries at
 * the cost of these, with `reconcile` itself. What depends on all entries at once (a full edge, a network that holds
 * others, a guard that trips) is not decided here.
 */
export interface KnownEdge {
  /** null: only a look at everything can tell. */
  planFor(
    changed: ReadonlySet<string>,
    entryOf: (key: string) => Entry | undefined,
    options: ReconcileOptions,
  ): PartialPlan | null;
  counts(): EdgeCounts;
}

/** More changes at once than this are no cheaper than a look at everything. */
const mostChanges = 5000;
const mostWideNetworks = 500;

export function countsOf(plan: Plan, observed: Observed): EdgeCounts {
  const { content, foreign, leftOut } = plan;
  return {
    desired: content.length,
    observed: observed.entries.length - foreign.length,
    foreign: foreign.length,
    leftOut: leftOut.filter(({ cause }) => cause !== 'covered').length,
    held: heldBackOf(plan).length,
  };
}

/** null: the edge is not simply in step. `capacity`: by which the plan was made. */
export function knownEdge(
  plan: Plan,
  observed: Observed,
  descriptor: EdgeDescriptor,
  capacity: CapacityOptions = unlimitedCapacity,
): KnownEdge | null {
  const isInStep =
    isEmpty(plan) &&
    plan.refused === null &&
    plan.held === null &&
    plan.pending === null &&
    plan.figures === null &&
    plan.waiting.length === 0;
  if (!isInStep) return null;

  const { foreign } = plan;
  const present = new Map(observed.entries.map((entry) => [entry.key, entry]));
  const content = new Map(plan.content.map((entry) => [entry.key, entry]));
  const leftOut = new Map(plan.leftOut.map((left) => [left.entry.key, left]));
  /** Networks that are wanted: a single address in one of them may not need an entry of its own. */
  const wide = new Map<string, Entry>();
  const wanted = [...plan.content, ...plan.leftOut.map((left) => left.entry)];
  let longestV6 = longestV6Of(wanted.map(({ key }) => key));
  for (const entry of wanted) if (isWideNetwork(entry.key, longestV6)) wide.set(entry.key, entry);
  if (wide.size > mostWideNetworks) return null;
  const used = descriptor.pools.map(() => 0);
  let collateral = 0;
  const count = (entry: Entry, by: 1 | -1): void => {
    const pool = poolOf(descriptor, entry);
    used[pool] = used[pool]! + by * slotsOf(descriptor.pools[pool]!, entry);
    collateral += by * capacity.collateralOf(entry);
  };
  for (const entry of plan.content) count(entry, 1);

  /** What the others leave of the edge. */
  const roomBeside = (
    keys: ReadonlySet<string>,
  ): { readonly pools: EdgeDescriptor['pools']; good: number } => {
    const others = [...used];
    let good = capacity.collateralBudget - collateral;
    for (const key of keys) {
      const entry = content.get(key);
      if (entry === undefined) continue;
      const pool = poolOf(descriptor, entry);
      others[pool] = others[pool]! - slotsOf(descriptor.pools[pool]!, entry);
      good += capacity.collateralOf(entry);
    }
    const strangers = foreign.filter(({ key }) => !keys.has(key));
    const pools = descriptor.pools.map((pool, index) => ({
      ...pool,
      capacity:
        pool.capacity - others[index]! - strangers.filter(({ kind }) => pool.holds.includes(kind)).length,
    }));
    return { pools, good };
  };

  return {
    counts: () => ({
      desired: content.size,
      observed: present.size - foreign.length,
      foreign: foreign.length,
      leftOut: [...leftOut.values()].filter(({ cause }) => cause !== 'covered').length,
      held: 0,
    }),
    planFor(changed, entryOf, options) {
      if (changed.size > mostChanges) return null;
      const longest = Math.max(longestV6, longestV6Of(changed));
      // What held nobody may hold a longer one.
      if (longest > longestV6 && longestV6 > 0) return null;
      longestV6 = longest;
      const keys = new Set([...changed, ...wide.keys()]);
      const desired: Entry[] = [...wide.values()];
      const seen: ObservedEntry[] = [];
      for (const key of changed) {
        if (isWideNetwork(key, longestV6)) return null;
        const entry = entryOf(key);
        if (entry !== undefined) desired.push(entry);
      }
      for (const key of keys) {
        const there = present.get(key);
        if (there !== undefined) seen.push(there);
      }
      const { pools, good } = roomBeside(keys);
      const part = reconcile(
        desired,
        { entries: seen, damaged: null },
        { ...descriptor, pools },
        { ...options, capacity: { ...(options.capacity ?? unlimitedCapacity), collateralBudget: good } },
      );
      const isSimple =
        part.figures === null &&
        part.refused === null &&
        part.held === null &&
        part.waiting.length === 0 &&
        part.unexplained === 0;
      if (!isSimple) return null;
      let all: readonly Entry[] | null = null;
      const plan: Plan = {
        ...part,
        get content() {
          all ??= [...[...content.values()].filter(({ key }) => !keys.has(key)), ...part.content];
          return all;
        },
        foreign,
        retained: foreign,
      };
      const applied = (): void => {
        for (const key of keys) {
          const before = content.get(key);
          if (before !== undefined) count(before, -1);
          content.delete(key);
          leftOut.delete(key);
        }
        for (const left of part.leftOut) leftOut.set(left.entry.key, left);
        for (const entry of part.content) {
          count(entry, 1);
          content.set(entry.key, entry);
        }
        for (const { key } of part.remove) present.delete(key);
        for (const entry of [...part.update, ...part.add])
          present.set(entry.key, descriptor.nativeTtl ? asObservedWithEnd(entry) : asObserved(entry));
      };
      return { plan, applied };
    },
  };
}

const poolOf = ({ pools }: EdgeDescriptor, { kind }: Entry): number =>
  pools.findIndex(({ holds }) => holds.includes(kind));
