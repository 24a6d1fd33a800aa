import { countIndex, countNames } from '../../layout.ts';
import { wilsonUpper } from '../miner/bounds.ts';
import type { Totals } from './behaviour.ts';
import { addJourneys, alike, type Journeys, scaleJourneys } from './journeys.ts';

/**
 * What was learned in one stretch of the time after the start of a log, when people in the middle of a visit look as if they
 * had come directly: kept apart, so that it can be taken out of the figures that it is part of.
 */
export interface Stretch {
  /** Its end, ms after the site's first request. */
  readonly until: number;
  readonly totals: Totals;
  readonly journeys: Journeys;
  /** How many of the scope's reference samples are its. */
  samples: number;
}

/** Figures that stretches are part of. */
interface Learned {
  readonly totals: Totals;
  readonly journeys: Journeys;
  /** Oldest first; null: the log is no longer young, or did not begin here. */
  early: Stretch[] | null;
}

const columns = countNames.length;
/** Before this next to nobody's beginning was seen, ms: who came directly was in the middle of a visit. */
export const unseenMs = 90_000;
/** Ends of the stretches, ms: what is not seen of visits halves within some twenty seconds to a minute. */
const ends = [unseenMs, 120_000, 150_000, 180_000, 240_000, 300_000] as const;
/** The first of them serves only while there is nothing else, and not after this. */
const firstGoneMs = 180_000;
/** After this what is left of a young log stays. */
const grownMs = 600_000;

/** The stretch that a lesson of this age belongs to, made when it is the first there; null: it is of a grown log. */
export function stretchAt({ early }: Learned, ageMs: number): Stretch | null {
  if (early === null) return null;
  const until = ends.find((end) => ageMs < end);
  if (until === undefined) return null;
  // many feed a pool, each when its hold is over: their lessons come in no order
  const place = early.findIndex((stretch) => stretch.until >= until);
  const known = early[place];
  if (known?.until === until) return known;
  const stretch: Stretch = {
    until,
    totals: new Float64Array(columns),
    journeys: new Map(),
    samples: 0,
  };
  early.splice(place < 0 ? early.length : place, 0, stretch);
  return stretch;
}

/**
 * Takes out the oldest stretches as far as less is known to come directly without them. The honest visits whose beginning was
 * not seen only become fewer, so what came later tells more; but few requests tell little. What is left has the least upper
 * bound of that share. Answers how many samples went.
 */
export function takeOutBeginning(learned: Learned, ageMs: number): number {
  const { early } = learned;
  if (early === null) return 0;
  const isFirstGone = early[0]?.until === unseenMs && ageMs >= firstGoneMs;
  let gone = isFirstGone ? 1 : 0;
  let least = Infinity;
  let direct = learned.totals[countIndex.direct]!;
  let requests = learned.totals[countIndex.requests]!;
  for (let count = 0; count <= early.length; count++) {
    if (count > 0) {
      direct -= early[count - 1]!.totals[countIndex.direct]!;
      requests -= early[count - 1]!.totals[countIndex.requests]!;
    }
    if (requests < 1) break;
    if (count === 0 && isFirstGone) continue;
    const upper = wilsonUpper(Math.max(0, direct) / requests, requests / alike);
    // a tie leaves what is known
    if (upper >= least) continue;
    least = upper;
    gone = count;
  }
  let samples = 0;
  for (const stretch of early.splice(0, gone)) {
    subtract(learned, stretch);
    samples += stretch.samples;
  }
  if (ageMs >= grownMs) learned.early = null;
  return samples;
}

function subtract({ totals, journeys }: Learned, stretch: Stretch): void {
  for (let column = 0; column < columns; column++)
    totals[column] = Math.max(0, totals[column]! - stretch.totals[column]!);
  addJourneys(journeys, stretch.journeys, -1);
  // as it is, but for what next to nothing is left of
  scaleJourneys(journeys, 1);
}

/** Forgets all but a share of it, as of the figures themselves. */
export function scaleStretches(early: readonly Stretch[] | null, keep: number): void {
  for (const { totals, journeys } of early ?? []) {
    for (let column = 0; column < columns; column++) totals[column]! *= keep;
    scaleJourneys(journeys, keep);
  }
}

export const copyStretches = (early: readonly Stretch[] | null): Stretch[] | null =>
  early?.map((stretch) => ({
    ...stretch,
    totals: stretch.totals.slice(),
    journeys: new Map(stretch.journeys),
  })) ?? null;
