import type { Forest } from './forest.ts';

/** What a slot of each pool and a good request cost, in attack requests. */
export interface Prices {
  readonly slot: Float64Array;
  readonly good: number;
}

/** A choice of nodes, and what it uses. */
export interface Choice {
  readonly taken: Uint8Array;
  readonly used: Float64Array;
  collateral: number;
}

/**
 * The best choice when slots and good requests are bought at fixed prices, and no limit holds: exact, in two passes
 * over the forest. Without limits the trees do not touch each other, which is what makes it easy (Lagrangian
 * relaxation: M. L. Fisher, Management Science 27(1), 1981).
 */
export interface Priced extends Choice {
  /** Value of the choice minus its price, plus the price of all there is: no choice within the limits stops more. */
  readonly atMost: number;
}

export interface Limits {
  readonly slots: readonly number[];
  readonly collateral: number;
}

/** Works on one forest again and again, with its own memory. */
function createSolver(
  forest: Forest,
  limits: Limits,
): { solve(slotPrice: Float64Array, goodPrice: number): Priced } {
  const { size, stops, collateral, slots, pool, parent, isRule, missed, missedAtRoot, inner } = forest;
  /** Best value beneath a node: as it is, and when the rule at the root of its tree is taken. */
  const alone = new Float64Array(size);
  const underRule = new Float64Array(size);
  /** 1: taken when nothing above is; 2: taken under the rule. */
  const takes = new Uint8Array(size);
  /** What remains of the traffic of a node's children: 1 all, 2 what the rule misses, 0 nothing. */
  const below = new Uint8Array(size);

  return {
    solve(slotPrice, goodPrice) {
      for (let node = 0; node < size; node++) {
        if (inner[node] === 0) continue;
        alone[node] = 0;
        underRule[node] = 0;
      }
      let value = 0;
      for (let node = size - 1; node >= 0; node--) {
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
      const taken = new Uint8Array(size);
      const used = new Float64Array(limits.slots.length);
      let hit = 0;
      for (let node = 0; node < size; node++) {
        const above = parent[node]!;
        const left = above < 0 ? 1 : below[above]!;
        const isTaken = (takes[node]! & left) !== 0;
        if (isTaken) {
          taken[node] = 1;
          used[pool[node]!] = used[pool[node]!]! + slots[node]!;
          hit += collateral[node]!;
        }
        if (inner[node] === 1)
          below[node] = !isTaken ? left : isRule[node] === 1 && missed[node]! > 0 ? 2 : 0;
      }
      let atMost = value;
      for (const [index, available] of limits.slots.entries()) atMost += slotPrice[index]! * available;
      if (goodPrice > 0) atMost += goodPrice * limits.collateral;
      return { taken, used, collateral: hit, atMost };
    },
  };
}

const rounds = 3;
/** Prices this close are the same: what the difference leaves open, filling and the core search decide. */
const precision = 1e-4;

/**
 * Prices at which the best choice uses what there is and no more, one limit after the other by bisection, a few times
 * round. The bound is the least that any prices tried gave.
 */
export function findPrices(
  forest: Forest,
  limits: Limits,
): { readonly prices: Prices; readonly choice: Priced; readonly atMost: number } {
  const solver = createSolver(forest, limits);
  const pools = limits.slots.length;
  const slot = new Float64Array(pools);
  let good = 0;
  let atMost = Number.POSITIVE_INFINITY;
  const solve = (): Priced => {
    const priced = solver.solve(slot, good);
    atMost = Math.min(atMost, priced.atMost);
    return priced;
  };
  /** The lowest price of one thing at which it suffices, the others as they are; `near`: what it was before. */
  const settle = (
    set: (price: number) => void,
    near: number,
    most: number,
    suffices: (choice: Priced) => boolean,
  ): Priced => {
    const at = (price: number): Priced => {
      set(price);
      return solve();
    };
    let low = 0;
    let high = most;
    let choice = at(near);
    if (suffices(choice)) {
      if (near === 0) return choice;
      high = near;
      for (let guess = near * 0.9; ; guess = guess < 0.1 * near ? 0 : guess * 0.7) {
        const tried = at(guess);
        if (!suffices(tried)) {
          low = guess;
          break;
        }
        choice = tried;
        high = guess;
        if (guess === 0) return choice;
      }
    } else {
      low = near;
      if (near > 0) high = Math.min(most, near * 1.1);
      for (;;) {
        choice = at(high);
        if (suffices(choice) || high >= most) break;
        low = high;
        high = Math.min(most, high * 2);
      }
    }
    while (high - low > precision * high) {
      const middle = (low + high) / 2;
      const tried = at(middle);
      if (suffices(tried)) {
        high = middle;
        choice = tried;
      } else low = middle;
    }
    set(high);
    return choice;
  };
  let choice = solve();
  const fits = (tried: Priced): boolean =>
    tried.collateral <= limits.collateral &&
    limits.slots.every((available, index) => tried.used[index]! <= available);
  const { dearest, dearestGood } = highestPrices(forest, limits);
  for (let round = 0; round < rounds && !fits(choice); round++) {
    const before = atMost;
    for (let index = 0; index < pools; index++)
      choice = settle(
        (price) => {
          slot[index] = price;
        },
        slot[index]!,
        dearest[index]!,
        (tried) => tried.used[index]! <= limits.slots[index]!,
      );
    if (limits.collateral !== Number.POSITIVE_INFINITY)
      choice = settle(
        (price) => {
          good = price;
        },
        good,
        dearestGood,
        (tried) => tried.collateral <= limits.collateral,
      );
    if (round > 0 && before - atMost <= precision * before) break;
  }
  return { prices: { slot, good }, choice, atMost };
}

/** Prices at which nothing of a pool, and nothing that hits good requests, is worth taking. */
function highestPrices(forest: Forest, limits: Limits): { dearest: Float64Array; dearestGood: number } {
  const dearest = new Float64Array(limits.slots.length);
  let dearestGood = 0;
  for (let node = 0; node < forest.size; node++) {
    const index = forest.pool[node]!;
    const worth = forest.stops[node]! * (1 + 1e-9);
    dearest[index] = Math.max(dearest[index]!, worth / forest.slots[node]!);
    if (forest.collateral[node]! > 0) dearestGood = Math.max(dearestGood, worth / forest.collateral[node]!);
  }
  return { dearest, dearestGood };
}
