import { type Forest, narrowForest } from './forest.ts';

/**
 * The part of the forest that a best choice can be made of: of addresses that hit nobody good, no more can be chosen in
 * one tree than their pool has slots, so the largest are enough. What is in place already, has children or hits good
 * requests always stays.
 */
export function contenders(forest: Forest, slots: readonly number[], present: ReadonlySet<string>): Forest {
  const { size, parent, inner, collateral, pool, stops } = forest;
  const root = new Int32Array(size);
  const groups = new Map<number, number[]>();
  const kept = new Uint8Array(size);
  for (let node = 0; node < size; node++) {
    const above = parent[node]!;
    root[node] = above < 0 ? -1 : root[above]! < 0 ? above : root[above]!;
    const stays =
      inner[node] === 1 ||
      collateral[node]! > 0 ||
      (present.size > 0 && present.has(forest.candidateOf(node).key));
    if (stays) {
      kept[node] = 1;
      continue;
    }
    if (stops[node]! <= 0) continue;
    // One group a tree and pool; roots by themselves are one tree.
    const group = (root[node]! + 1) * slots.length + pool[node]!;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [node]);
    else members.push(node);
  }
  for (const [group, members] of groups) {
    const room = slots[group % slots.length]!;
    if (members.length <= room) {
      for (const node of members) kept[node] = 1;
      continue;
    }
    for (const node of largest(members, stops, room)) kept[node] = 1;
  }
  return narrowForest(forest, kept);
}

/** The members with the `count` largest scores (more where scores are equal). */
export function largest(members: readonly number[], score: Float64Array, count: number): number[] {
  if (count <= 0) return [];
  if (members.length <= count) return [...members];
  const sorted = new Float64Array(members.length);
  for (let index = 0; index < members.length; index++) sorted[index] = score[members[index]!]!;
  sorted.sort();
  const least = sorted[members.length - count]!;
  return members.filter((node) => score[node]! >= least);
}
