import type { Forest } from './forest.ts';
import { createSolver, type Limits, type Priced } from './solver.ts';

/** What a slot of each pool and a good request cost, in attack requests. */
export interface Prices {
  readonly slot: Float64Array;
  readonly good: number;
}

const rounds = 3;
/** Prices this close are the same: what the difference leaves open, filling and the core search decide. */
const precision = 1e-4;

/**
 * Prices at which the best choice uses what there is and no more, and that choice: one limit after the other by bisection, a few times
 * round. The bound is the least that any prices tried gave.
 */
export function findPrices(
  forest: Forest,
  limits: Limits,
): { readonly prices: Prices; readonly taken: Uint8Array; readonly atMost: number } {
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
  return { prices: { slot, good }, taken: solver.choose(slot, good), atMost };
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
