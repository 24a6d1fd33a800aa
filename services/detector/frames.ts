import type { GroupPartial, PaneFrame } from '../../lib/contracts/generated.ts';
import { aggregateLayoutHash, paneMs } from './layout.ts';
import { SamplePacker, unpackSamples } from './sample-pack.ts';

/** Bytes of a partial in Avro without its samples, roughly (never less than half of the truth). */
function ownBytes(partial: GroupPartial): number {
  let bytes = 64 + partial.key.length + partial.counts.length * 3;
  for (const sketch of partial.sketches) bytes += sketch.length + 4;
  return bytes;
}

/** What the samples of a partial take at most: in a frame that has none of them, and none of their texts. */
function mostSampleBytes({ samples }: GroupPartial): number {
  let bytes = 0;
  for (const sample of samples) {
    bytes += 64;
    for (const value of sample.attributes) bytes += value === null ? 1 : value.length + 3;
  }
  return bytes;
}

/** A frame in the making. */
interface Cut {
  readonly groups: GroupPartial[];
  readonly samples: SamplePacker;
  /** Of the groups without their samples. */
  bytes: number;
}

const emptyCut = (): Cut => ({ groups: [], samples: new SamplePacker(), bytes: 0 });

/** The frames of one closed pane for one partition of `aggregates`: one at least, cut at `limitBytes`. */
export function framesOf(options: {
  readonly source: number;
  readonly sources: number;
  readonly paneStart: number;
  readonly closing: boolean;
  readonly groups: readonly GroupPartial[];
  /** Of requests.enriched; null: nothing was read for it. */
  readonly firstOffset: number | null;
  readonly lastOffset: number;
  readonly limitBytes: number;
}): PaneFrame[] {
  const cuts = [emptyCut()];
  for (const group of options.groups) {
    const own = ownBytes(group);
    let cut = cuts.at(-1)!;
    const sofar = cut.bytes + cut.samples.size;
    if (sofar > 0 && sofar + own + mostSampleBytes(group) > options.limitBytes) {
      cut = emptyCut();
      cuts.push(cut);
    }
    cut.samples.add(group.samples);
    cut.groups.push({ ...group, samples: [] });
    cut.bytes += own;
  }
  return cuts.map(({ groups, samples }, part) => ({
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
    samples: samples.packed(),
    first_offset: options.firstOffset,
    last_offset: options.firstOffset === null ? null : options.lastOffset,
  }));
}

/** The groups of a frame with their samples. Throws when the frame is damaged. */
export function groupsOf({ groups, samples }: Pick<PaneFrame, 'groups' | 'samples'>): GroupPartial[] {
  const lists = unpackSamples(samples, groups.length);
  return groups.map((group, index) => ({ ...group, samples: lists[index]! }));
}
