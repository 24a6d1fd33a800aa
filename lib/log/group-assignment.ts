import { murmur2 } from './partitioner.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Rendezvous (highest random weight) assignment, balanced per topic: each partition goes to the member with the highest
 * hash of (member, partition) that still has room. A member that leaves and comes back under its name gets the same
 * partitions again, and little else moves. Every member computes the same answer from the same names.
 */
export function assignPartitions(
  members: readonly string[],
  partitions: readonly TopicPartition[],
): Map<string, TopicPartition[]> {
  const result = new Map<string, TopicPartition[]>(members.map((name) => [name, []]));
  const names = [...result.keys()].sort();
  if (names.length === 0) return result;
  const ordered = [...partitions].sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  );
  for (const topic of new Set(ordered.map((entry) => entry.topic))) {
    const entries = ordered.filter((entry) => entry.topic === topic);
    const share = Math.floor(entries.length / names.length);
    let extras = entries.length % names.length;
    const taken = new Map<string, number>(names.map((name) => [name, 0]));
    for (const entry of entries) {
      let best: string | null = null;
      let bestWeight = -1;
      for (const name of names) {
        const count = taken.get(name)!;
        if (count > share || (count === share && extras === 0)) continue;
        const weight = murmur2(Buffer.from(`${entry.partition}/${name}`)) >>> 0;
        if (weight > bestWeight) {
          best = name;
          bestWeight = weight;
        }
      }
      if (best === null) throw new Error(`no member left for ${topic}[${entry.partition}]`);
      if (taken.get(best) === share) extras--;
      taken.set(best, taken.get(best)! + 1);
      result.get(best)!.push(entry);
    }
  }
  return result;
}
