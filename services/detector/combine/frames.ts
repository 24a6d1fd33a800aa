import type { GroupPartial, PaneFrame } from '../../../lib/contracts/generated.ts';
import { aggregateLayoutHash, paneMs } from '../layout.ts';

/** Bytes of a partial in Avro, roughly (never less than half of the truth). */
export function estimatedBytes(partial: GroupPartial): number {
  let bytes = 64 + partial.key.length + partial.counts.length * 3;
  for (const sketch of partial.sketches) bytes += sketch.length + 4;
  for (const sample of partial.samples) {
    bytes += 64;
    for (const value of sample.attributes) bytes += value === null ? 1 : value.length + 3;
  }
  return bytes;
}

/** The frames of one closed pane for one partition of `aggregates`: one at least, cut at `limitBytes`. */
export function framesOf(options: {
  readonly source: number;
  readonly sources: number;
  readonly paneStart: number;
  readonly closing: boolean;
  readonly groups: readonly GroupPartial[];
  readonly limitBytes: number;
}): PaneFrame[] {
  const cuts: GroupPartial[][] = [[]];
  let bytes = 0;
  for (const group of options.groups) {
    const size = estimatedBytes(group);
    if (bytes > 0 && bytes + size > options.limitBytes) {
      cuts.push([]);
      bytes = 0;
    }
    cuts.at(-1)!.push(group);
    bytes += size;
  }
  return cuts.map((groups, part) => ({
    source_partition: options.source,
    sources: options.sources,
    pane_start_at: options.paneStart,
    pane_ms: paneMs,
    part,
    parts: cuts.length,
    layout_hash: aggregateLayoutHash,
    watermark_at: options.paneStart + paneMs,
    closing: options.closing && part === cuts.length - 1,
    groups,
  }));
}
