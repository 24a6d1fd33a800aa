import { isLocal } from '../groups.ts';
import { suspiciousFlags } from '../layout.ts';
import type { PaneGroup, Sample } from '../pane-group.ts';
import { HyperLogLog } from './hyper-log-log.ts';

const byOrder = (a: Sample, b: Sample): number => a.order - b.order;

/** Up to so many are picked in one pass; more are sorted. */
const fewPicked = 16;

/** The `k` samples with the smallest order: a uniform sample of them. */
export function firstByOrder(samples: readonly Sample[], k: number): Sample[] {
  if (k <= 0) return [];
  if (k > fewPicked) return [...samples].sort(byOrder).slice(0, k);
  const first: Sample[] = [];
  for (const sample of samples) {
    let at = first.length;
    if (at === k && byOrder(sample, first[k - 1]!) >= 0) continue;
    if (at < k) first.push(sample);
    else at--;
    for (; at > 0 && byOrder(sample, first[at - 1]!) < 0; at--) first[at] = first[at - 1]!;
    first[at] = sample;
  }
  return first;
}

/** Samples by stratum. */
export function strataOf(samples: readonly Sample[]): {
  readonly suspicious: readonly Sample[];
  readonly others: readonly Sample[];
} {
  const suspicious: Sample[] = [];
  const others: Sample[] = [];
  for (const sample of samples) ((sample.flags & suspiciousFlags) !== 0 ? suspicious : others).push(sample);
  return { suspicious, others };
}

/** Bottom-k of a union: at most `k` of each stratum, suspicious first, by order. */
function mergeSamples(samples: readonly Sample[], k: number): Sample[] {
  const { suspicious, others } = strataOf(samples);
  return [...firstByOrder(suspicious, k), ...firstByOrder(others, k)];
}

/**
 * Exact merge of partials of the same group: associative and commutative (given the same k), so the result does not
 * depend on how requests were spread over partitions or cut by a restart. Local kinds live on one partition: the
 * last figures stand.
 */
export function mergePartials(partials: readonly PaneGroup[], k: number): PaneGroup {
  const first = partials[0]!;
  if (partials.length === 1) return first;
  if (isLocal(first.kind)) return partials.at(-1)!;
  const counts = [...first.counts];
  for (const partial of partials.slice(1))
    partial.counts.forEach((count, index) => {
      counts[index] = (counts[index] ?? 0) + count;
    });
  const sketches = first.sketches.map((bytes, index) => {
    const sketch = HyperLogLog.fromBytes(bytes);
    for (const partial of partials.slice(1)) sketch.mergeBytes(partial.sketches[index]!);
    return sketch.toBytes();
  });
  return {
    site: first.site,
    kind: first.kind,
    key: first.key,
    counts,
    sketches,
    samples: mergeSamples(
      partials.flatMap((partial) => partial.samples),
      k,
    ),
  };
}

/** One partial for each group that is among them, in order of first appearance. */
export function mergeGroups(partials: Iterable<PaneGroup>, k: number): PaneGroup[] {
  const lists = new Map<string, PaneGroup[]>();
  for (const partial of partials) {
    const id = `${partial.site}\0${partial.kind}\0${partial.key}`;
    const list = lists.get(id);
    if (list === undefined) lists.set(id, [partial]);
    else list.push(partial);
  }
  return [...lists.values()].map((list) => mergePartials(list, k));
}
