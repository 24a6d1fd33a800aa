import { topOf } from './contenders.ts';
import type { Forest } from './forest.ts';

/** A choice of nodes, and what it uses. */
export interface Choice {
  readonly taken: Uint8Array;
  readonly used: Float64Array;
  collateral: number;
}

/** What the best choice at given prices comes to. */
export interface Priced {
  readonly used: Float64Array;
  readonly collateral: number;
  /** Value of the choice minus its price, plus the price of all there is: no choice within the limits stops more. */
  readonly atMost: number;
}

export interface Limits {
  readonly slots: readonly number[];
  readonly collateral: number;
}

/** Works on one forest again and again, with its own memory. */
export interface Solver {
  /**
   * The best choice when slots and good requests are bought at fixed prices, and no limit holds: exact, in two passes
   * over the forest. Without limits the trees do not touch each other, which is what makes it easy (Lagrangian
   * relaxation: M. L. Fisher, Management Science 27(1), 1981).
   */
  solve(slotPrice: Float64Array, goodPrice: number): Priced;
  /** The nodes of that choice. */
  choose(slotPrice: Float64Array, goodPrice: number): Uint8Array;
}

/**
 * Addresses that hit nobody good, take one slot and have the same parent: at any price the best of them are taken, so
 * sorted, with sums, they are one step of the search instead of one each. Most candidates are such.
 */
interface Group {
  /** -1: they stand alone. */
  readonly parent: number;
  readonly pool: number;
  /** Of the rule at the root. */
  readonly missed: number;
  /** The largest first. */
  readonly stops: Float64Array;
  /** `sums[n]`: of the first n. */
  readonly sums: Float64Array;
}

export function createSolver(forest: Forest, limits: Limits): Solver {
  const { stops, collateral, slots, pool, parent, isRule, missed, missedAtRoot, inner, size } = forest;
  const { groups, others, isGrouped } = groupsOf(forest, limits.slots.length);
  /** Best value beneath a node: as it is, and when the rule at the root of its tree is taken. */
  const alone = new Float64Array(size);
  const underRule = new Float64Array(size);
  /** 1: taken when nothing above is; 2: taken under the rule. */
  const takes = new Uint8Array(size);
  /** What remains of the traffic of a node's children: 1 all, 2 what the rule misses, 0 nothing. */
  const below = new Uint8Array(size);
  const taken = new Uint8Array(size);
  const countAlone = new Int32Array(groups.length);
  const countUnder = new Int32Array(groups.length);

  /** Fills `takes`, and answers the value of the whole. */
  const upwards = (slotPrice: Float64Array, goodPrice: number): number => {
    for (const node of others) {
      alone[node] = 0;
      underRule[node] = 0;
    }
    let value = 0;
    for (const [index, group] of groups.entries()) {
      const price = slotPrice[group.pool]!;
      const count = takenOf(group.stops, 1, price);
      countAlone[index] = count;
      const worth = group.sums[count]! - count * price;
      if (group.parent < 0) {
        value += worth;
        continue;
      }
      alone[group.parent] = alone[group.parent]! + worth;
      const under = group.missed === 0 ? 0 : takenOf(group.stops, group.missed, price);
      countUnder[index] = under;
      underRule[group.parent] = underRule[group.parent]! + group.missed * group.sums[under]! - under * price;
    }
    for (let at = others.length - 1; at >= 0; at--) {
      const node = others[at]!;
      const cost = goodPrice * collateral[node]! + slotPrice[pool[node]!]! * slots[node]!;
      let take = stops[node]! - cost;
      let leave = 0;
      const takeUnder = missedAtRoot[node]! * stops[node]! - cost;
      let leaveUnder = 0;
      if (inner[node] === 1) {
        // A rule leaves its addresses what it misses; a network leaves nothing.
        if (isRule[node] === 1 && missed[node]! > 0) take += underRule[node]!;
        leave = alone[node]!;
        leaveUnder = underRule[node]!;
      }
      takes[node] = (take > leave ? 1 : 0) | (takeUnder > leaveUnder ? 2 : 0);
      const best = Math.max(take, leave);
      const above = parent[node]!;
      if (above < 0) value += best;
      else {
        alone[above] = alone[above]! + best;
        underRule[above] = underRule[above]! + Math.max(takeUnder, leaveUnder);
      }
    }
    return value;
  };
  /** Fills `taken` and `below` for all but the groups. */
  const downwards = (): void => {
    for (const node of others) {
      const above = parent[node]!;
      const left = above < 0 ? 1 : below[above]!;
      const isTaken = (takes[node]! & left) !== 0;
      taken[node] = isTaken ? 1 : 0;
      if (inner[node] === 1) below[node] = !isTaken ? left : isRule[node] === 1 && missed[node]! > 0 ? 2 : 0;
    }
  };
  return {
    solve(slotPrice, goodPrice) {
      let atMost = upwards(slotPrice, goodPrice);
      downwards();
      const used = new Float64Array(limits.slots.length);
      let hit = 0;
      for (const node of others) {
        if (taken[node] === 0) continue;
        used[pool[node]!] = used[pool[node]!]! + slots[node]!;
        hit += collateral[node]!;
      }
      for (const [index, group] of groups.entries()) {
        const left = group.parent < 0 ? 1 : below[group.parent]!;
        const count = left === 1 ? countAlone[index]! : left === 2 ? countUnder[index]! : 0;
        used[group.pool] = used[group.pool]! + count;
      }
      for (const [index, available] of limits.slots.entries()) atMost += slotPrice[index]! * available;
      if (goodPrice > 0) atMost += goodPrice * limits.collateral;
      return { used, collateral: hit, atMost };
    },
    choose(slotPrice, goodPrice) {
      upwards(slotPrice, goodPrice);
      downwards();
      const chosen = Uint8Array.from(taken);
      for (let node = 0; node < size; node++) {
        if (isGrouped[node] === 0) continue;
        const left = parent[node]! < 0 ? 1 : below[parent[node]!]!;
        const worth = left === 1 ? stops[node]! : left === 2 ? missedAtRoot[node]! * stops[node]! : 0;
        chosen[node] = worth > slotPrice[pool[node]!]! ? 1 : 0;
      }
      return chosen;
    },
  };
}

/** How many of the values, the largest first, are worth more than the price when `share` of each is left. */
function takenOf(values: Float64Array, share: number, price: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (share * values[middle]! > price) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `others`: all nodes that are in no group, parents before their children. */
function groupsOf(
  forest: Forest,
  pools: number,
): { readonly groups: readonly Group[]; readonly others: Int32Array; readonly isGrouped: Uint8Array } {
  const { size, stops, collateral, slots, pool, parent, inner, missedAtRoot } = forest;
  const isGrouped = new Uint8Array(size);
  const counts = new Int32Array((topOf(forest) + 1) * pools);
  let grouped = 0;
  for (let node = 0; node < size; node++) {
    if (inner[node] === 1 || collateral[node]! !== 0 || slots[node] !== 1) continue;
    isGrouped[node] = 1;
    grouped++;
    const index = (parent[node]! + 1) * pools + pool[node]!;
    counts[index] = counts[index]! + 1;
  }
  const others = new Int32Array(size - grouped);
  const values = new Map<number, Float64Array>();
  /** The same for all of a group: they have one root. */
  const missed = new Map<number, number>();
  const filled = new Int32Array(counts.length);
  let at = 0;
  for (let node = 0; node < size; node++) {
    if (isGrouped[node] === 0) {
      others[at++] = node;
      continue;
    }
    const index = (parent[node]! + 1) * pools + pool[node]!;
    let members = values.get(index);
    if (members === undefined) {
      members = new Float64Array(counts[index]!);
      values.set(index, members);
      missed.set(index, missedAtRoot[node]!);
    }
    members[filled[index]!] = stops[node]!;
    filled[index] = filled[index]! + 1;
  }
  const groups: Group[] = [];
  for (const [index, members] of values) {
    members.sort().reverse();
    const sums = new Float64Array(members.length + 1);
    for (let count = 0; count < members.length; count++) sums[count + 1] = sums[count]! + members[count]!;
    const above = Math.floor(index / pools) - 1;
    groups.push({ parent: above, pool: index % pools, missed: missed.get(index)!, stops: members, sums });
  }
  return { groups, others, isGrouped };
}
