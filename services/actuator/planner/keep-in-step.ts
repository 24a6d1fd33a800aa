import { type Draft, draftFrom } from './fill.ts';
import type { Forest } from './forest.ts';
import type { Limits } from './solver.ts';

/** A part of the forest in which two choices differ, which can only change as a whole. */
interface Move {
  readonly nodes: number[];
  /** Requests that the change gains; negative: loses. */
  gain: number;
  /** The part of it that is bonus of pinned candidates. */
  bonus: number;
}

/**
 * The present choice, changed towards a fresh one only as far as it takes to stop `keepAbove` of what that would stop:
 * edges are slow, and an entry that comes and goes protects nobody. What fits without dropping anything is always
 * taken; after that the exchanges that gain most come first.
 */
export function keepInStep(
  forest: Forest,
  limits: Limits,
  present: Uint8Array,
  fresh: Uint8Array,
  keepAbove: number,
): Draft {
  const target = draftFrom(forest, limits, Uint8Array.from(fresh));
  const draft = draftFrom(forest, limits, Uint8Array.from(present));
  const { ins, outs } = movesBetween(forest, draft, target);
  const wanted = worth(forest, target);
  const now = worth(forest, draft);

  const apply = (move: Move): void => {
    for (const node of move.nodes) if (draft.taken[node] === 1) draft.drop(node);
    for (const node of move.nodes) if (target.taken[node] === 1) draft.take(node);
    now.bonus += move.bonus;
    now.stops += move.gain - move.bonus;
  };
  const isEnough = (): boolean => now.bonus >= wanted.bonus && now.stops >= keepAbove * wanted.stops;
  /** What is short if the move is made: a pool, 'good' requests, or nothing. */
  const shortage = (move: Move | null): number | 'good' | null => {
    const used = Float64Array.from(draft.used);
    let hit = draft.collateral;
    for (const node of move?.nodes ?? []) {
      const change = target.taken[node]! - draft.taken[node]!;
      used[forest.pool[node]!] = used[forest.pool[node]!]! + change * forest.slots[node]!;
      hit += change * forest.collateral[node]!;
    }
    const pool = used.findIndex((each, index) => each > limits.slots[index]!);
    return pool >= 0 ? pool : hit > limits.collateral ? 'good' : null;
  };
  const left = new Set(outs);
  /** Drops what is worth least of what would make room; false when nothing would. */
  const makeRoom = (short: number | 'good'): boolean => {
    for (const move of left) {
      const helps = move.nodes.some(
        (node) =>
          draft.taken[node] === 1 &&
          (short === 'good' ? forest.collateral[node]! > 0 : forest.pool[node] === short),
      );
      if (!helps) continue;
      left.delete(move);
      apply(move);
      return true;
    }
    return false;
  };
  const settle = (move: Move | null): boolean => {
    for (let short = shortage(move); short !== null; short = shortage(move))
      if (!makeRoom(short)) return false;
    return true;
  };

  if (!settle(null)) return target;
  const waiting: Move[] = [];
  for (const move of ins) {
    if (shortage(move) === null) apply(move);
    else waiting.push(move);
  }
  for (const move of waiting) {
    if (isEnough()) break;
    if (!settle(move)) return target;
    apply(move);
  }
  return isEnough() ? draft : target;
}

function worth(forest: Forest, draft: Draft): { stops: number; bonus: number } {
  let stops = 0;
  let bonus = 0;
  for (let node = 0; node < forest.size; node++) {
    const adds = draft.taken[node] === 1 ? draft.adds(node) : 0;
    if (adds <= 0) continue;
    bonus += forest.bonus[node]!;
    stops += adds - forest.bonus[node]!;
  }
  return { stops, bonus };
}

/** Where the two differ; what gains by the change (largest first), and what loses by it (least first). */
function movesBetween(forest: Forest, from: Draft, to: Draft): { ins: Move[]; outs: Move[] } {
  const { size, parent } = forest;
  /** The move that a node belongs to; -1: none, its surroundings are the same in both. */
  const unit = new Int32Array(size).fill(-1);
  const moves = new Map<number, Move>();
  for (let node = 0; node < size; node++) {
    const above = parent[node]! < 0 ? -1 : unit[parent[node]!]!;
    const differs = from.taken[node] !== to.taken[node];
    // Beneath a network or a rule that only one of them takes, everything is worth something else.
    if (above >= 0) unit[node] = above;
    else if (differs) unit[node] = node;
    if (unit[node]! < 0) continue;
    const after = to.taken[node] === 1 ? to.adds(node) : 0;
    const before = from.taken[node] === 1 ? from.adds(node) : 0;
    if (!differs && after === before) continue;
    const bonus = (after > 0 ? forest.bonus[node]! : 0) - (before > 0 ? forest.bonus[node]! : 0);
    const move = moves.get(unit[node]!);
    if (move === undefined) moves.set(unit[node]!, { nodes: [node], gain: after - before, bonus });
    else {
      move.nodes.push(node);
      move.gain += after - before;
      move.bonus += bonus;
    }
  }
  const keyOf = (move: Move): string => forest.candidateOf(move.nodes[0]!).key;
  const all = [...moves.values()].sort((a, b) => b.gain - a.gain || (keyOf(a) < keyOf(b) ? -1 : 1));
  return { ins: all.filter(({ gain }) => gain > 0), outs: all.filter(({ gain }) => gain <= 0) };
}
