import type { Candidate, CapacityLimits, CapacityPlan, NotChosen } from './candidate.ts';
import { contenders } from './contenders.ts';
import { searchCore } from './core-search.ts';
import { type Draft, draftFrom, fill, makeFeasible } from './fill.ts';
import { buildForest, type Forest } from './forest.ts';
import { keepInStep } from './keep-in-step.ts';
import { findPrices } from './prices.ts';

/**
 * Which candidates an edge is to hold: those that together stop the most attack requests within the slots of its pools
 * and the good requests that may be hit. Pure; the order of the candidates decides nothing.
 *
 * What several candidates select counts once: an address inside a chosen network is worth nothing, one whose campaign a
 * chosen rule selects only what the rule misses. Prices for slots and good requests decide most of it (prices.ts), an
 * exhaustive search what lies at the margin (core-search.ts), and `present`, what is held now, changes only as far as
 * it pays (keep-in-step.ts).
 */
export function planCapacity(
  candidates: readonly Candidate[],
  limits: CapacityLimits,
  present: ReadonlySet<string> = new Set(),
): CapacityPlan {
  const whole = buildForest(candidates, present);
  const forest = contenders(whole, limits.slots);

  const { prices, taken, atMost } = findPrices(forest, limits);
  const draft = draftFrom(forest, limits, taken);
  makeFeasible(forest, limits, draft, prices);
  fill(forest, limits, draft, prices);
  searchCore(forest, limits, draft, prices);

  const held = heldNow(forest);
  const result = held === null ? draft : keepInStep(forest, limits, held, draft.taken, limits.keepAbove);
  dropIdle(forest, result);
  fill(forest, limits, result, prices);
  return describe(whole, forest, result, limits, atMost);
}

/** What is held now and still a candidate, without what others held select already; null when nothing is held. */
function heldNow(forest: Forest): Uint8Array | null {
  const taken = new Uint8Array(forest.size);
  const below = new Uint8Array(forest.size);
  let any = false;
  for (let node = 0; node < forest.size; node++) {
    const above = forest.parent[node]!;
    const covered = above >= 0 && below[above] === 1;
    const isHeld = !covered && forest.held[node] === 1;
    if (isHeld) {
      taken[node] = 1;
      any = true;
    }
    below[node] = covered || (isHeld && forest.isRule[node] === 0) ? 1 : 0;
  }
  return any ? taken : null;
}

function dropIdle(forest: Forest, draft: Draft): void {
  for (let node = 0; node < forest.size; node++)
    if (draft.taken[node] === 1 && draft.adds(node) <= 0) draft.drop(node);
}

function describe(
  whole: Forest,
  forest: Forest,
  draft: Draft,
  limits: CapacityLimits,
  atMost: number,
): CapacityPlan {
  const taken = new Uint8Array(whole.size);
  let bonus = 0;
  for (let node = 0; node < forest.size; node++) {
    if (draft.taken[node] === 0) continue;
    taken[forest.origin[node]!] = 1;
    bonus += forest.bonus[node]!;
  }
  const pools = limits.slots.map((slots) => ({ slots, used: 0, stops: 0, leftOut: 0, leftOutStops: 0 }));
  const chosen: Candidate[] = [];
  /** What is left of the traffic of a node, and of its children. */
  const left = new Float64Array(whole.size);
  const below = new Float64Array(whole.size);
  for (let node = 0; node < whole.size; node++) {
    const above = whole.parent[node]!;
    left[node] = above < 0 ? 1 : below[above]!;
    below[node] = taken[node] === 1 ? Math.min(left[node]!, whole.missed[node]!) : left[node]!;
    if (taken[node] === 0) continue;
    chosen.push(whole.candidateOf(node));
    const pool = pools[whole.pool[node]!]!;
    pool.used += whole.slots[node]!;
    pool.stops += left[node]! * whole.given[node]!;
  }
  const causeAt = (node: number): NotChosen => {
    const pool = pools[whole.pool[node]!]!;
    const isFull = pool.used + whole.slots[node]! > pool.slots;
    return causeOf(whole.given[node]!, left[node]! * whole.given[node]!, isFull);
  };
  for (let node = 0; node < whole.size; node++) {
    if (taken[node] === 1) continue;
    const cause = causeAt(node);
    if (cause !== 'capacity' && cause !== 'collateral') continue;
    const pool = pools[whole.pool[node]!]!;
    pool.leftOut++;
    pool.leftOutStops += left[node]! * whole.given[node]!;
  }
  const notChosen = function* (): Generator<{ readonly candidate: Candidate; readonly cause: NotChosen }> {
    // Single addresses, which stand last, in the order in which they were given.
    for (let node = whole.size - 1; node >= 0; node--)
      if (taken[node] === 0) yield { candidate: whole.candidateOf(node), cause: causeAt(node) };
  };
  const stops = pools.reduce((sum, pool) => sum + pool.stops, 0);
  const { collateral } = draft;
  return { chosen, notChosen, stops, atMost: Math.max(stops, atMost - bonus), collateral, pools };
}

function causeOf(stops: number, adds: number, isFull: boolean): NotChosen {
  if (stops <= 0) return 'idle';
  if (adds <= 0) return 'covered';
  return isFull ? 'capacity' : 'collateral';
}
