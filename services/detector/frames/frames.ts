import type { PaneFrame } from '../../../lib/contracts/generated.ts';
import { aggregateLayoutHash, paneMs } from '../layout.ts';
import type { PaneGroup } from '../pane-group.ts';
import { fitGroup, mostSampleBytes, ownBytes } from './fit-group.ts';
import { SamplePacker, unpackSamples } from './sample-pack.ts';
import { type FrameSample, plainSample, SampleRow } from './sample-row.ts';

/** A frame in the making. */
interface Cut {
  readonly groups: PaneGroup<FrameSample>[];
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
  readonly groups: readonly PaneGroup<FrameSample>[];
  /** Of requests.enriched; null: nothing was read for it. */
  readonly firstOffset: number | null;
  readonly lastOffset: number;
  readonly limitBytes: number;
}): PaneFrame[] {
  const cuts = cutsOf(options.groups, options.limitBytes);
  return cuts.map(({ groups, samples }, part) => {
    const frame: PaneFrame = {
      source_partition: options.source,
      sources: options.sources,
      pane_start_at: options.paneStart,
      pane_ms: paneMs,
      part,
      parts: cuts.length,
      layout_hash: aggregateLayoutHash,
      watermark_at: options.paneStart + paneMs,
      closing: options.closing && part === cuts.length - 1,
      groups: groups.map((group) => ({ ...group, samples: [] })),
      // packed when somebody reads it: a log inside of this process does not
      get samples() {
        return samples();
      },
      first_offset: options.firstOffset,
      last_offset: options.firstOffset === null ? null : options.lastOffset,
    };
    whole.set(frame, groups);
    return frame;
  });
}

/** Groups of frames that were made in this process, samples and all. */
const whole = new WeakMap<object, readonly PaneGroup<FrameSample>[]>();

interface Part {
  readonly groups: readonly PaneGroup<FrameSample>[];
  readonly samples: () => Buffer;
}

function packedLater(groups: readonly PaneGroup<FrameSample>[]): Part {
  let packed: Buffer | null = null;
  return {
    groups,
    samples() {
      if (packed === null) {
        const packer = new SamplePacker();
        for (const group of groups) packer.add(group.samples);
        packed = packer.packed();
      }
      return packed;
    },
  };
}

/** Groups frame by frame, none larger than a frame. What surely fits into one is not packed to find out. */
function cutsOf(all: readonly PaneGroup<FrameSample>[], limitBytes: number): Part[] {
  const most = all.reduce((sum, group) => sum + ownBytes(group) + mostSampleBytes(group), 0);
  if (most <= limitBytes) return [packedLater(all)];
  const cuts = [emptyCut()];
  for (const group of all.flatMap((of) => fitGroup(of, limitBytes))) {
    const own = ownBytes(group);
    let cut = cuts.at(-1)!;
    const sofar = cut.bytes + cut.samples.size;
    if (sofar > 0 && sofar + own + mostSampleBytes(group) > limitBytes) {
      cut = emptyCut();
      cuts.push(cut);
    }
    cut.samples.add(group.samples);
    cut.groups.push(group);
    cut.bytes += own;
  }
  return cuts.map(({ groups, samples }) => ({ groups, samples: () => samples.packed() }));
}

/** The groups of a frame with their samples. Throws when the frame is damaged. */
export function groupsOf(frame: Pick<PaneFrame, 'groups' | 'samples'>): readonly PaneGroup[] {
  const made = whole.get(frame);
  if (made !== undefined) return made.map(plainGroup);
  const { groups, samples } = frame;
  const lists = unpackSamples(samples, groups.length);
  return groups.map((group, index) => ({ ...group, samples: lists[index]! }));
}

/** The group with samples that have their texts. */
export function plainGroup(group: PaneGroup<FrameSample>): PaneGroup {
  return hasTexts(group) ? group : { ...group, samples: group.samples.map(plainSample) };
}

const hasTexts = (group: PaneGroup<FrameSample>): group is PaneGroup =>
  !group.samples.some((sample) => sample instanceof SampleRow);
