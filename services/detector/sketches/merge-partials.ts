import type { AttributeSample, GroupPartial } from '../../../lib/contracts/generated.ts';
import { isLocal } from '../groups.ts';
import { suspiciousFlags } from '../layout.ts';
import { HyperLogLog } from './hyper-log-log.ts';

function byOrder(a: AttributeSample, b: AttributeSample): number {
  return (
    a.order.readUInt32LE(4) - b.order.readUInt32LE(4) || a.order.readUInt32LE(0) - b.order.readUInt32LE(0)
  );
}

/** Bottom-k of a union: at most `k` of each stratum, suspicious first, by order. */
export function mergeSamples(samples: readonly AttributeSample[], k: number): AttributeSample[] {
  const suspicious: AttributeSample[] = [];
  const others: AttributeSample[] = [];
  for (const sample of samples) ((sample.flags & suspiciousFlags) !== 0 ? suspicious : others).push(sample);
  return [...suspicious.sort(byOrder).slice(0, k), ...others.sort(byOrder).slice(0, k)];
}

/**
 * Exact merge of partials of the same group: associative and commutative (given the same k), so the result does not
 * depend on how requests were spread over partitions or cut by a restart. Local kinds live on one partition: the
 * last figures stand.
 */
export function mergePartials(partials: readonly GroupPartial[], k: number): GroupPartial {
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
