import { countIndex, countNames } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { featureKey } from '../../policies/policy-schema.ts';
import { LogHistogram } from '../../sketches/log-histogram.ts';
import { firstByOrder, strataOf } from '../../sketches/merge-partials.ts';
import { type Stretch, scaleStretches, stretchAt, takeOutBeginning, unseenMs } from './beginning.ts';
import type { Totals } from './behaviour.ts';
import { addJourneys, type Journeys, scaleJourneys } from './journeys.ts';

const columns = countNames.length;
const bucketMs = 10_000;
/** The ten-second rate: learned for every scope, whether a policy names it or not. */
export const rateKey = featureKey({ type: 'event_count', spanMs: bucketMs });
const samplesPerBucket = 24;

/** Learned figures that several scopes feed: one per function class of a host, one per host. */
export interface Pool {
  readonly totals: Totals;
  /** What of it is from the start of the log, when clients looked new that were not; null: nothing can be. */
  early: Stretch[] | null;
  readonly histograms: Map<string, LogHistogram>;
  readonly journeys: Journeys;
  /** By count: requests of a scope's own that weigh as much as what the others do (alike.ts); null: not known. */
  alike: Totals | null;
  /** When half of it was forgotten last, or it began; null: it is yet to learn. */
  halvedAt: number | null;
}

export function createPool(): Pool {
  return {
    totals: new Float64Array(columns),
    early: [],
    histograms: new Map(),
    journeys: new Map(),
    alike: null,
    halvedAt: null,
  };
}

/**
 * What ten seconds of a scope may teach. One is made for each scope every ten seconds and kept for as long as it is held
 * back: plain arrays of numbers, which cost least.
 */
interface Lesson {
  readonly at: number;
  readonly counts: readonly number[];
  /** Keys of features, and their values in the same order; NaN: not known. */
  readonly keys: readonly string[];
  readonly values: readonly number[];
  readonly samples: readonly Sample[];
  readonly journeys: Journeys;
}

/** What one scope has learned, and what waits to be learned. */
export interface Baseline extends Pool {
  readonly startedAt: number;
  held: Lesson[];
  halvedAt: number;
  /** What the ten-second rate may teach today at most; null until an hour was learned. */
  ceiling: { readonly day: number; readonly rate: number | null };
  /** Bottom-k samples of clean panes: the scope's normal mix of attributes. Newest last. */
  reference: Sample[];
  /** How many of `reference`, its first, are of stretches taken out: of these it is not known what speaks for them. */
  earlySamples: number;
  /** A log-in that shows a page lets nobody in: page-reading.ts. */
  pageRefuses: boolean;
  /** Clients that are known as servers here: known-callers.ts. */
  callers: ReadonlySet<number>;
}

export function createBaseline(startedAt: number): Baseline {
  return {
    ...createPool(),
    startedAt,
    held: [],
    halvedAt: startedAt,
    ceiling: { day: -1, rate: null },
    reference: [],
    earlySamples: 0,
    pageRefuses: false,
    callers: new Set(),
  };
}

/** A baseline that was learned up to `until`, taken up again at `at`: as old as it was then. */
export function restarted(baseline: Baseline, until: number, at: number): Baseline {
  return {
    ...baseline,
    early: null,
    startedAt: at - Math.max(0, until - baseline.startedAt),
    held: [],
    halvedAt: at,
    ceiling: { day: -1, rate: null },
  };
}

export interface LearningConfig {
  readonly hold: number;
  readonly hold_least: number;
  readonly half_life: number;
}

/**
 * Holds one bucket of ten seconds: it enters the baseline after the hold time, unless an episode of the scope opened
 * by then (`discardHeld`).
 */
export function hold(baseline: Baseline, lesson: Lesson): void {
  baseline.held.push({ ...lesson, samples: fewOf(lesson) });
}

const nothing: readonly Sample[] = [];

/** At most `samplesPerBucket`, as many of them suspicious as of the requests were. */
function fewOf({ samples, counts }: Lesson): readonly Sample[] {
  if (samples.length === 0) return nothing;
  const { suspicious, others } = strataOf(samples);
  const odd = counts[countIndex.suspicious]!;
  const all = Math.max(1, counts[countIndex.requests]!);
  const most = Math.min(samplesPerBucket, all);
  const take = Math.min(suspicious.length, Math.round((most * odd) / all));
  return [...firstByOrder(suspicious, take), ...firstByOrder(others, most - take)];
}

export function discardHeld(baseline: Baseline): void {
  baseline.held = [];
}

/** What `siteWatched` lets a scope be held for at most, ms. */
const holdNewMs = 5 * 60_000;

/**
 * How long a bucket is held, ms: a quarter of what its scope was watched for, since a young baseline must learn before it
 * can doubt. `siteWatched`: what its site was watched for, where the first callers of something new are no reason to
 * believe that they are its people; else 0.
 */
export function holdOf(
  watched: number,
  siteWatched: number,
  { hold, hold_least: least }: LearningConfig,
): number {
  return Math.min(hold, Math.max(least, watched / 4, Math.min(holdNewMs, siteWatched / 4)));
}

/**
 * Lets in what was held long enough; true when something was learned. `isStart`: people may begin a visit at the scope.
 */
export function release(
  baseline: Baseline,
  now: number,
  config: LearningConfig,
  pools: readonly Pool[],
  siteStartedAt: number,
  isStart: boolean,
  referenceLimit: number,
  onSamples?: (samples: readonly Sample[]) => void,
): boolean {
  const wait = holdOf(now - baseline.startedAt, isStart ? 0 : now - siteStartedAt, config);
  let learned = false;
  while (baseline.held.length > 0 && baseline.held[0]!.at + wait <= now) {
    const bucket = baseline.held.shift()!;
    learned = true;
    if (isHalved(baseline, bucket.at, config.half_life)) halve(baseline.histograms);
    fade(baseline, bucket.at, config.half_life);
    const taught = taughtBy(baseline, bucket);
    const stretch = teach(baseline, bucket, taught, bucket.at - siteStartedAt);
    if (stretch !== null) stretch.samples += bucket.samples.length;
    baseline.earlySamples += takeOutBeginning(baseline, bucket.at - siteStartedAt);
    for (const pool of pools) {
      if (isHalved(pool, bucket.at, config.half_life)) halvePool(pool);
      teach(pool, bucket, taught, bucket.at - siteStartedAt);
      takeOutBeginning(pool, bucket.at - siteStartedAt);
    }
    onSamples?.(bucket.samples);
    remember(baseline, bucket.samples, referenceLimit);
  }
  return learned;
}

function remember(baseline: Baseline, samples: readonly Sample[], limit: number): void {
  const { reference, early } = baseline;
  for (const sample of samples) reference.push(sample);
  const gone = reference.length - limit;
  if (gone <= 0) return;
  // in place: a spliced array grows anew with the next samples
  for (let at = 0; at < limit; at++) reference[at] = reference[at + gone]!;
  reference.length = limit;
  let left = gone - baseline.earlySamples;
  baseline.earlySamples = Math.max(0, -left);
  for (const stretch of early ?? []) {
    if (left <= 0) return;
    const taken = Math.min(left, stretch.samples);
    stretch.samples -= taken;
    left -= taken;
  }
}

/** Places in histograms of what a lesson teaches: of its features in their order, last of the ten-second rate. */
type Taught = readonly number[];
const unknown = -1;

/** `ageMs`: of the site then. Answers the stretch of a young log that it is part of. */
function teach(pool: Pool, lesson: Lesson, taught: Taught, ageMs: number): Stretch | null {
  const { totals } = pool;
  const { at, counts, keys } = lesson;
  const stretch = stretchAt(pool, ageMs);
  for (let column = 0; column < columns; column++) totals[column]! += counts[column]!;
  // clients whose earlier pages lie before the start of the log would look as if they had read none
  if (ageMs >= unseenMs) addJourneys(pool.journeys, lesson.journeys);
  if (stretch !== null) {
    for (let column = 0; column < columns; column++) stretch.totals[column]! += counts[column]!;
    if (ageMs >= unseenMs) addJourneys(stretch.journeys, lesson.journeys);
  }
  for (let index = 0; index < keys.length; index++)
    if (taught[index] !== unknown) histogramOf(pool, keys[index]!).addTo(taught[index]!);
  const rate = taught[keys.length]!;
  histogramOf(pool, rateKey).addTo(rate);
  histogramOf(pool, hourKey(at)).addTo(rate);
  return stretch;
}

function histogramOf({ histograms }: Pool, key: string): LogHistogram {
  let histogram = histograms.get(key);
  if (histogram === undefined) {
    histogram = new LogHistogram();
    histograms.set(key, histogram);
  }
  return histogram;
}

/** Half of it is to be forgotten: another half-life is over. */
function isHalved(pool: Pool, at: number, halfLifeMs: number): boolean {
  pool.halvedAt ??= at;
  if (at - pool.halvedAt < halfLifeMs) return false;
  pool.halvedAt = at;
  return true;
}

/** What is no longer asked for is empty after some halves, and leaves no room taken. */
function halve(histograms: Map<string, LogHistogram>): void {
  for (const [key, histogram] of histograms) {
    histogram.halve();
    if (histogram.total === 0) histograms.delete(key);
  }
}

/**
 * Forgets half of everything. Many feed a pool, each when its hold is over: by their buckets it would fade the faster, the
 * more they are, and what is young is of no one age.
 */
function halvePool(pool: Pool): void {
  halve(pool.histograms);
  for (let column = 0; column < columns; column++) pool.totals[column]! /= 2;
  scaleStretches(pool.early, 0.5);
  scaleJourneys(pool.journeys, 0.5);
}

/** A baseline forgets half of what it has counted in a third of its age, and in no less than this. */
const shortestHalfLifeMs = 600_000;

/** What a baseline saw first is what it forgets first; with age its memory lengthens to the configured half-life. */
function fade(baseline: Baseline, at: number, halfLifeMs: number): void {
  const age = at - baseline.startedAt;
  const keep = 0.5 ** (bucketMs / Math.min(halfLifeMs, Math.max(shortestHalfLifeMs, age / 3)));
  const { totals, early, journeys } = baseline;
  for (let column = 0; column < columns; column++) totals[column]! *= keep;
  scaleStretches(early, keep);
  scaleJourneys(journeys, keep);
}

/** The normal mix as far as it is known what speaks for people; all of it while nothing better is there. */
export function knownReference({ reference, earlySamples }: Baseline): readonly Sample[] {
  const isBetter = earlySamples > 0 && earlySamples < reference.length;
  return isBetter ? reference.slice(earlySamples) : reference;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Buckets that make a day's ceiling trustworthy: an hour. */
const ceilingBuckets = 360;
/** Above what was usual the day before, by this factor, a rate teaches no more. */
const mostDrift = 2;

/** What a lesson teaches: who pushes a rate up little by little moves the normal by a bounded step a day. */
function taughtBy(baseline: Baseline, { at, counts, values }: Lesson): Taught {
  const day = Math.floor(at / dayMs);
  if (day !== baseline.ceiling.day) {
    const histogram = baseline.histograms.get(rateKey);
    const known = histogram !== undefined && histogram.total >= ceilingBuckets;
    baseline.ceiling = { day, rate: known ? mostDrift * histogram.quantile(0.99)! : null };
  }
  const rate = (counts[countIndex.requests]! * 1000) / bucketMs;
  const taught: number[] = [];
  for (const value of values) taught.push(Number.isNaN(value) ? unknown : LogHistogram.bucketOf(value));
  taught.push(LogHistogram.bucketOf(Math.min(rate, baseline.ceiling.rate ?? Infinity)));
  return taught;
}

const hourKeys = Array.from({ length: 24 }, (_, hour) => `${rateKey}@${hour}`);

/** The ten-second rate at this hour of the day (UTC). */
export function hourKey(at: number): string {
  return hourKeys[Math.floor((at % dayMs) / hourMs)]!;
}

/** Buckets from which an hour of the day speaks for itself: ten minutes, on a day before. */
export const leastOfHour = 60;

/** Median of the ten-second rate at this hour of the day, else of all; null until learned. */
export function medianRate({ histograms }: Baseline, at: number): number | null {
  const ofHour = histograms.get(hourKey(at));
  return (
    (ofHour !== undefined && ofHour.total >= leastOfHour ? ofHour : histograms.get(rateKey))?.quantile(0.5) ??
    null
  );
}

export { bucketMs };
