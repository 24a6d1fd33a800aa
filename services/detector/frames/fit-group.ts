import type { Cap } from '../caps.ts';
import type { PaneGroup, Sample } from '../pane-group.ts';
import { type FrameSample, plainSample, SampleRow } from './sample-row.ts';
import { plainBytes, textBytes } from './text-bytes.ts';

/** Bytes of a partial in Avro without its samples, roughly (never less than half of the truth). */
export function ownBytes(partial: PaneGroup<unknown>): number {
  let bytes = 64 + Buffer.byteLength(partial.key) + partial.counts.length * 3;
  for (const sketch of partial.sketches) bytes += sketch.length + 4;
  return bytes;
}

/** What the samples of a partial take at most: in a frame that has none of them, and none of their texts. */
export function mostSampleBytes({ samples }: PaneGroup<FrameSample>): number {
  let bytes = 0;
  for (const sample of samples) {
    if (sample instanceof SampleRow) {
      bytes += sample.most;
      continue;
    }
    bytes += plainBytes(textBytes(sample.event_id));
    for (const value of sample.attributes) bytes += value === null ? 1 : textBytes(value);
  }
  return bytes;
}

/**
 * Those of smallest order that fit, in the order given: still the smallest of a uniform hash, in each stratum, only fewer. Ends at
 * the first that does not fit: to leave out the large ones alone would favour the small.
 */
function smallestThatFit(samples: readonly FrameSample[], limitBytes: number): FrameSample[] {
  const texts = new Set<string>();
  const kept = new Set<Sample>();
  let bytes = 0;
  for (const sample of samples.map(plainSample).sort((a, b) => a.order - b.order)) {
    bytes += plainBytes(textBytes(sample.event_id));
    for (const value of sample.attributes) {
      if (value === null || texts.has(value)) bytes += 3;
      else {
        texts.add(value);
        bytes += textBytes(value);
      }
    }
    if (bytes > limitBytes) break;
    kept.add(sample);
  }
  return samples.filter((sample) => kept.has(plainSample(sample)));
}

const lostSamples: Cap = 'samples';

/**
 * The group, as far as a frame of `limitBytes` can hold it, and how many samples it lost, as a group `other`. A log refuses what is
 * too large, and the same group would come again after each start: fewer samples tell less, none of the counts is lost.
 */
export function fitGroup(
  group: PaneGroup<FrameSample>,
  limitBytes: number,
): readonly PaneGroup<FrameSample>[] {
  const own = ownBytes(group);
  if (own + mostSampleBytes(group) <= limitBytes) return [group];
  const samples = smallestThatFit(group.samples, limitBytes - own);
  const lost = group.samples.length - samples.length;
  if (lost === 0) return [group];
  const { site } = group;
  return [
    { ...group, samples },
    { site, kind: 'other', key: lostSamples, counts: [lost], sketches: [], samples: [] },
  ];
}
