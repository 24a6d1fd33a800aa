import { largest } from './contenders.ts';
import type { Forest } from './forest.ts';
import type { Prices } from './prices.ts';
import type { Choice, Limits } from './solver.ts';

/** A choice that is being changed: knows what a node would add to it, and keeps within the limits. */
export interface Draft extends Choice {
  /** Requests that taking the node would add; 0 when what is taken above selects all of it. */
  adds(node: number): number;
  fits(node: number): boolean;
  hasTakenBelow(node: number): boolean;
  take(node: number): void;
  drop(node: number): void;
}

export function draftFrom(forest: Forest, limits: Limits, taken: Uint8Array): Draft {
  const { size, stops, collateral, slots, pool, parent, missed, isRule } = forest;
  const used = new Float64Array(limits.slots.length);
  const below = new Int32Array(size);
  const count = (node: number, by: number): void => {
    for (let above = parent[node]!; above >= 0; above = parent[above]!) below[above] = below[above]! + by;
  };
  const draft: Draft = {
    taken,
    used,
    collateral: 0,
    adds(node) {
      for (let above = parent[node]!; above >= 0; above = parent[above]!) {
        if (taken[above] === 0) continue;
        return isRule[above] === 1 ? missed[above]! * stops[node]! : 0;
      }
      return stops[node]!;
    },
    fits: (node) =>
      used[pool[node]!]! + slots[node]! <= limits.slots[pool[node]!]! &&
      draft.collateral + collateral[node]! <= limits.collateral,
    hasTakenBelow: (node) => below[node]! > 0,
    take(node) {
      taken[node] = 1;
      used[pool[node]!] = used[pool[node]!]! + slots[node]!;
      draft.collateral += collateral[node]!;
      count(node, 1);
    },
    drop(node) {
      taken[node] = 0;
      used[pool[node]!] = used[pool[node]!]! - slots[node]!;
      draft.collateral -= collateral[node]!;
      count(node, -1);
    },
  };
  for (let node = 0; node < size; node++) {
    if (taken[node] === 0) continue;
    taken[node] = 0;
    draft.take(node);
  }
  return draft;
}

/** Requests that the whole choice stops, bonus included; what several nodes select counts once. */
export function worthOf(forest: Forest, draft: Draft): number {
  let value = 0;
  for (let node = 0; node < forest.size; node++) if (draft.taken[node] === 1) value += draft.adds(node);
  return value;
}

/** What a node adds beyond what it costs. */
export function scores(forest: Forest, draft: Draft, prices: Prices): Float64Array {
  const score = new Float64Array(forest.size);
  for (let node = 0; node < forest.size; node++)
    score[node] =
      draft.adds(node) -
      prices.good * forest.collateral[node]! -
      prices.slot[forest.pool[node]!]! * forest.slots[node]!;
  return score;
}

/** Drops what pays least until the limits are kept. */
export function makeFeasible(forest: Forest, limits: Limits, draft: Draft, prices: Prices): void {
  const isOver = (): boolean =>
    draft.collateral > limits.collateral ||
    limits.slots.some((available, index) => draft.used[index]! > available);
  if (!isOver()) return;
  const score = scores(forest, draft, prices);
  const taken: number[] = [];
  for (let node = 0; node < forest.size; node++) if (draft.taken[node] === 1) taken.push(node);
  taken.sort((a, b) => score[a]! - score[b]!);
  for (const node of taken) {
    if (!isOver()) return;
    const helps =
      draft.used[forest.pool[node]!]! > limits.slots[forest.pool[node]!]! ||
      (draft.collateral > limits.collateral && forest.collateral[node]! > 0);
    if (helps) draft.drop(node);
  }
}

/** Takes what still fits, the best first, until nothing does. */
export function fill(forest: Forest, limits: Limits, draft: Draft, prices: Prices): void {
  for (let index = 0; index < limits.slots.length; index++) {
    const tried = new Set<number>();
    for (;;) {
      const room = limits.slots[index]! - draft.used[index]!;
      if (room < 1) break;
      const open: number[] = [];
      for (let node = 0; node < forest.size; node++) {
        if (draft.taken[node] === 1 || forest.pool[node] !== index || tried.has(node)) continue;
        if (draft.fits(node) && !draft.hasTakenBelow(node) && draft.adds(node) > 0) open.push(node);
      }
      if (open.length === 0) break;
      const score = scores(forest, draft, prices);
      const next = largest(open, score, Math.max(64, 2 * room)).sort((a, b) => score[b]! - score[a]!);
      for (const node of next) {
        tried.add(node);
        if (draft.fits(node) && !draft.hasTakenBelow(node) && draft.adds(node) > 0) draft.take(node);
      }
    }
  }
}
