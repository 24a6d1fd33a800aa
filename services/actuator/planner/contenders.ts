import { type Forest, narrowForest } from './forest.ts';

/**
 * The part of the forest that a best choice can be made of: of addresses that hit nobody good, no more can be chosen in
 * one tree than their pool has slots, so the largest are enough. What is in place already, has children or hits good
 * requests always stays.
 */
export function contenders(forest: Forest, slots: readonly number[]): Forest {
  const { size, parent, inner, collateral, pool, stops, held } = forest;
  const root = new Int32Array(size);
  const kept = new Uint8Array(size);
  /** Members of a group, from 1: one a tree and pool; roots by themselves are one tree. */
  const group = new Int32Array(size);
  // Roots are rules and networks, which stand before all addresses.
  const counts = new Int32Array((topOf(forest) + 1) * slots.length);
  for (let node = 0; node < size; node++) {
    const above = parent[node]!;
    root[node] = above < 0 ? -1 : root[above]! < 0 ? above : root[above]!;
    if (inner[node] === 1 || collateral[node]! > 0 || held[node] === 1) {
      kept[node] = 1;
      continue;
    }
    if (stops[node]! <= 0) continue;
    const index = (root[node]! + 1) * slots.length + pool[node]!;
    group[node] = index + 1;
    counts[index] = counts[index]! + 1;
  }
  /** The least that a member must stop to be kept, where there are more members than slots. */
  const least = new Map<number, number>();
  for (let index = 0; index < counts.length; index++) {
    const room = slots[index % slots.length]!;
    if (counts[index]! > room) least.set(index + 1, 0);
  }
  if (least.size > 0) {
    const scores = new Map([...least.keys()].map((index) => [index, new Float64Array(counts[index - 1]!)]));
    counts.fill(0);
    for (let node = 0; node < size; node++) {
      const index = group[node]!;
      const members = index === 0 ? undefined : scores.get(index);
      if (members === undefined) continue;
      members[counts[index]!] = stops[node]!;
      counts[index] = counts[index]! + 1;
    }
    for (const [index, members] of scores) {
      const room = slots[(index - 1) % slots.length]!;
      least.set(index, room <= 0 ? Number.POSITIVE_INFINITY : largestAt(members, room));
    }
  }
  for (let node = 0; node < size; node++)
    if (group[node]! > 0 && stops[node]! >= (least.get(group[node]!) ?? 0)) kept[node] = 1;
  return narrowForest(forest, kept);
}

/** How many nodes it takes from the first to have all that have children. */
export function topOf({ size, inner }: Forest): number {
  let top = size;
  while (top > 0 && inner[top - 1] === 0) top--;
  return top;
}

/** The members with the `count` largest scores (more where scores are equal). */
export function largest(members: readonly number[], score: Float64Array, count: number): number[] {
  if (count <= 0) return [];
  if (members.length <= count) return [...members];
  const chosen = new Float64Array(members.length);
  for (let index = 0; index < members.length; index++) chosen[index] = score[members[index]!]!;
  const least = largestAt(chosen, count);
  return members.filter((node) => score[node]! >= least);
}

/** The `count`-th largest of the values, which come into another order (quickselect: C. A. R. Hoare, CACM 4(7), 1961). */
export function largestAt(values: Float64Array, count: number): number {
  const at = values.length - count;
  let from = 0;
  let to = values.length - 1;
  while (from < to) {
    const pivot = median(values[from]!, values[(from + to) >> 1]!, values[to]!);
    let low = from;
    let high = to;
    while (low <= high) {
      while (values[low]! < pivot) low++;
      while (values[high]! > pivot) high--;
      if (low > high) break;
      const value = values[low]!;
      values[low++] = values[high]!;
      values[high--] = value;
    }
    if (at <= high) to = high;
    else if (at >= low) from = low;
    else break;
  }
  return values[at]!;
}

const median = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
