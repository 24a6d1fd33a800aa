import { LogHistogram } from '../../sketches/log-histogram.ts';
import type { Baseline } from './baseline.ts';
import { copyStretches } from './beginning.ts';

/** A baseline that goes on by itself from what another one has learned. */
export function copyBaseline(baseline: Baseline): Baseline {
  return {
    ...baseline,
    totals: baseline.totals.slice(),
    early: copyStretches(baseline.early),
    histograms: new Map(
      [...baseline.histograms].map(([key, histogram]) => [key, new LogHistogram(histogram.snapshot())]),
    ),
    journeys: new Map(baseline.journeys),
    held: [],
    reference: [...baseline.reference],
  };
}
