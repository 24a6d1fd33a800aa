import { largest } from './contenders.ts';
import { type Draft, scores, worthOf } from './fill.ts';
import type { Forest } from './forest.ts';
import type { Prices } from './prices.ts';
import type { Limits } from './solver.ts';

/** Nodes whose choice the prices leave most open, which are tried in all combinations. */
const coreSize = 22;
const stepsLimit = 60_000;

/**
 * Prices decide all but a few nodes near the margin: those are searched exhaustively, with the prices as the bound
 * (core search for knapsack problems: E. Balas, E. Zemel, Operations Research 28(5), 1980). A forest of no more than
 * `coreSize` nodes is solved exactly, unless the search runs out of steps. Changes the draft only to a better one.
 */
export function searchCore(forest: Forest, limits: Limits, draft: Draft, prices: Prices): void {
  const core = coreOf(forest, draft, prices);
  if (core.length === 0) return;
  const before = core.map((node) => draft.taken[node] === 1);
  const startValue = worthOf(forest, draft);
  for (const [at, node] of core.entries()) if (before[at]) draft.drop(node);
  const fixedValue = worthOf(forest, draft);

  /** From a place in the core on: the most that what follows can add beyond its price. */
  const rest = new Float64Array(core.length + 1);
  for (let at = core.length - 1; at >= 0; at--) {
    const node = core[at]!;
    const surplus =
      forest.stops[node]! -
      prices.good * forest.collateral[node]! -
      prices.slot[forest.pool[node]!]! * forest.slots[node]!;
    rest[at] = rest[at + 1]! + Math.max(0, surplus);
  }
  const unspent = (): number => {
    let worth = prices.good > 0 ? prices.good * (limits.collateral - draft.collateral) : 0;
    for (const [index, available] of limits.slots.entries())
      worth += prices.slot[index]! * (available - draft.used[index]!);
    return worth;
  };
  let best = startValue;
  let bestTaken = before;
  let steps = 0;
  const walk = (at: number, value: number): void => {
    if (value > best * (1 + 1e-12)) {
      best = value;
      bestTaken = core.map((node) => draft.taken[node] === 1);
    }
    if (at === core.length || ++steps > stepsLimit) return;
    if (value + rest[at]! + unspent() <= best * (1 + 1e-12)) return;
    const node = core[at]!;
    const added = draft.adds(node);
    if (added > 0 && draft.fits(node)) {
      draft.take(node);
      walk(at + 1, value + added);
      draft.drop(node);
    }
    walk(at + 1, value);
  };
  walk(0, fixedValue);
  for (const [at, node] of core.entries()) if (bestTaken[at]) draft.take(node);
}

/** How many nodes next to the margin are looked at for the core. */
const nearby = 400;

/** Whole small trees, and single addresses right under a rule whose fate is decided; those nearest to the margin. */
function coreOf(forest: Forest, draft: Draft, prices: Prices): number[] {
  const { size, parent, inner } = forest;
  const score = scores(forest, draft, prices);
  for (let node = 0; node < size; node++) score[node] = -Math.abs(score[node]!);
  const root = new Int32Array(size);
  const treeSize = new Int32Array(size);
  const all: number[] = [];
  for (let node = 0; node < size; node++) {
    root[node] = parent[node]! < 0 ? node : root[parent[node]!]!;
    treeSize[root[node]!] = treeSize[root[node]!]! + 1;
    all.push(node);
  }
  const near = largest(all, score, nearby).sort((a, b) => score[b]! - score[a]!);
  const small = new Map<number, number[]>();
  for (const node of near) if (treeSize[root[node]!]! <= coreSize) small.set(root[node]!, []);
  for (let node = 0; node < size; node++) small.get(root[node]!)?.push(node);
  const core: number[] = [];
  for (const node of near) {
    const top = root[node]!;
    const isLeafOfRule = parent[node] === top && inner[node] === 0;
    const unit = small.get(top) ?? (isLeafOfRule ? [node] : []);
    small.delete(top);
    if (treeSize[top]! <= coreSize && core.includes(top)) continue;
    if (core.length + unit.length <= coreSize) core.push(...unit);
    if (core.length === coreSize) break;
  }
  // Parents stand before their children in a forest, and what stops most is tried first within a level.
  const depth = (node: number): number => {
    let levels = 0;
    for (let above = parent[node]!; above >= 0; above = parent[above]!) levels++;
    return levels;
  };
  return core.sort((a, b) => depth(a) - depth(b) || forest.stops[b]! - forest.stops[a]!);
}
