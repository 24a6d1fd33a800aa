import { endpointTraits, functionOfGroup, type Traits } from '../../endpoint-traits.ts';
import type { ScopedKind } from '../../groups.ts';
import {
  type CountName,
  countIndex,
  countNames,
  flag,
  minutePanes,
  paneMs,
  type SketchName,
  sketchIndex,
  sketchNames,
  suspiciousFlags,
  traitIndex,
} from '../../layout.ts';
import type { PaneGroup, Sample } from '../../pane-group.ts';
import { HyperLogLog } from '../../sketches/hyper-log-log.ts';
import type { Weighted } from '../miner/weighted.ts';
import { baseIndex } from './behaviour.ts';

const columns = countNames.length;
/** A power of two. */
const ringPanes = 64;
const bucketPanes = 10;
export const samplePanes = 30;
/** Whole minutes kept for windows longer than the panes reach. */
const ringMinutes = 64;

/** Sums of whole minutes. `minute` says which one stands in a slot (pane / 60). */
interface Minutes {
  readonly counts: Int32Array;
  readonly minute: Int32Array;
}

interface PaneSamples {
  readonly pane: number;
  readonly suspicious: number;
  readonly others: number;
  readonly samples: readonly Sample[];
}

/**
 * The last minute of one scope (a site, an endpoint, an endpoint through a partner): counts per pane, distinct counts
 * per ten seconds, samples of the last half minute. Panes are numbered by pane_start_at / pane_ms.
 */
export interface Scope {
  readonly site: string;
  readonly kind: ScopedKind;
  readonly key: string;
  readonly traits: Traits;
  readonly firstPane: number;
  lastPane: number;
  /** The newest pane that something came in for: nothing is counted after it. */
  newest: number;
  /** Pane by pane for each count: windows are summed far more often than panes come in. */
  readonly counts: Int32Array;
  /** null: no policy on the scope asked for more than a minute yet. */
  minutes: Minutes | null;
  /** [bucket number, sketches] by age */
  sketches: { readonly bucket: number; readonly of: readonly HyperLogLog[] }[];
  samples: PaneSamples[];
}

/** `routeHost`: of a route, '' when it is of no one host. */
export function createScope(
  partial: PaneGroup,
  pane: number,
  isLong: (traits: Traits) => boolean,
  routeHost = '',
): Scope {
  const seen = partial.samples[0]?.attributes;
  const isRoute = partial.kind === 'route';
  const endpoint = isRoute ? partial.key.replace('*', '') : (seen?.[traitIndex.endpoint] ?? partial.key);
  const documented = seen?.[traitIndex.documented] ?? null;
  const traits = endpointTraits(
    endpoint,
    isRoute ? routeHost : (seen?.[traitIndex.host] ?? ''),
    functionOfGroup(partial.key, partial.samples[0]) ?? 'other',
    documented === null ? null : documented === 'yes',
  );
  return {
    site: partial.site,
    kind: partial.kind as Scope['kind'],
    key: partial.key,
    traits,
    firstPane: pane,
    lastPane: pane - 1,
    newest: -1,
    counts: new Int32Array(ringPanes * columns),
    minutes: isLong(traits) ? createMinutes() : null,
    sketches: [],
    samples: [],
  };
}

export function createMinutes(): Minutes {
  return { counts: new Int32Array(ringMinutes * columns), minute: new Int32Array(ringMinutes).fill(-1) };
}

/** Moves the window up to (not into) `pane`; `onBucket` is called at each multiple of ten panes passed, a few at most. */
export function advanceScope(scope: Scope, pane: number, onBucket: (endPane: number) => void): void {
  const gap = pane - scope.lastPane;
  // an idle scope is told of its silence for a minute, not for every second of an idle night
  if (gap > ringPanes) {
    const stop = scope.lastPane + ringPanes;
    for (let at = scope.lastPane + 1; at <= stop; at++) step(scope, at, onBucket);
    scope.counts.fill(0);
    scope.lastPane = pane;
    return;
  }
  for (let at = scope.lastPane + 1; at <= pane; at++) step(scope, at, onBucket);
}

function step(scope: Scope, at: number, onBucket: (endPane: number) => void): void {
  if (at % minutePanes === 0 && scope.minutes !== null)
    keepMinute(scope, scope.minutes, at / minutePanes - 1);
  if (at % bucketPanes === 0 && at > scope.firstPane) onBucket(at);
  for (let place = at % ringPanes; place < scope.counts.length; place += ringPanes) scope.counts[place] = 0;
  scope.lastPane = at;
}

/** The panes of `minute` are all in: their sums outlive them. */
function keepMinute(scope: Scope, { counts, minute: kept }: Minutes, minute: number): void {
  const slot = minute % ringMinutes;
  const last = minute * minutePanes + minutePanes - 1;
  counts.set(countsOf(scope, last, minutePanes), slot * columns);
  kept[slot] = minute;
}

/** Adds the merged partial of the pane that the scope was advanced to. */
export function addPane(scope: Scope, pane: number, partial: PaneGroup): void {
  const counted = distinctCounts.get(scope);
  if (counted !== undefined && counted.size > 0) counted.clear();
  const { counts } = partial;
  const slot = pane % ringPanes;
  scope.newest = pane;
  for (let column = 0; column < columns; column++)
    scope.counts[column * ringPanes + slot] = counts[column] ?? 0;
  // until some of them are known as servers
  setCount(
    scope,
    countIndex.by_others,
    pane,
    (counts[countIndex.requests] ?? 0) - (counts[countIndex.verified] ?? 0),
  );
  const bucket = Math.floor(pane / bucketPanes);
  let newest = scope.sketches.at(-1);
  if (newest?.bucket !== bucket) {
    newest = { bucket, of: sketchNames.map(() => new HyperLogLog()) };
    scope.sketches = scope.sketches.filter((old) => old.bucket > bucket - 7);
    scope.sketches.push(newest);
  }
  const { sketches } = partial;
  for (let index = 0; index < sketches.length; index++)
    if (sketches[index]!.length > 0) newest.of[index]?.mergeBytes(sketches[index]!);
  while (scope.samples.length > 0 && scope.samples[0]!.pane <= pane - samplePanes) scope.samples.shift();
  const suspicious = partial.counts[countIndex.suspicious] ?? 0;
  scope.samples.push({
    pane,
    suspicious,
    others:
      (partial.counts[countIndex.requests] ?? 0) - (partial.counts[countIndex.verified] ?? 0) - suspicious,
    samples: partial.samples,
  });
}

/** A count of one of the panes that are kept. */
export function countOf(scope: Scope, column: number, pane: number): number {
  return scope.counts[column * ringPanes + (pane % ringPanes)]!;
}

/** Sets a count of the newest pane that reduce works out itself. */
export function setCount(scope: Scope, column: number, pane: number, value: number): void {
  scope.counts[column * ringPanes + (pane % ringPanes)] = value;
}

/** Sum of a count over the panes (now - panes, now]; of windows beyond a minute: whole minutes, and the present one. */
export function sum(scope: Scope, column: number, now: number, panes: number): number {
  let total = 0;
  if (panes > minutePanes && scope.minutes !== null) {
    const present = Math.floor(now / minutePanes);
    const { counts, minute: kept } = scope.minutes;
    for (let minute = Math.ceil((now - panes + 1) / minutePanes); minute < present; minute++) {
      const slot = minute % ringMinutes;
      if (minute >= 0 && kept[slot] === minute) total += counts[slot * columns + column]!;
    }
    return total + sum(scope, column, now, now - present * minutePanes + 1);
  }
  const { counts, lastPane, newest } = scope;
  const last = Math.min(now, newest);
  const row = column * ringPanes;
  for (let at = Math.max(0, now - panes + 1, lastPane - ringPanes + 1); at <= last; at++)
    total += counts[row + (at & (ringPanes - 1))]!;
  return total;
}

/** Sum of a count over a whole minute that is past (pane / 60); null: it is not kept. */
export function ofMinute({ minutes }: Scope, column: number, minute: number): number | null {
  if (minutes === null) return null;
  const slot = minute % ringMinutes;
  return minutes.minute[slot] === minute ? minutes.counts[slot * columns + column]! : null;
}

const noCounts: readonly number[] = Array.from({ length: columns }, () => 0);

/** Sums of all counts over the panes (now - panes, now], a minute at most. */
export function countsOf(scope: Scope, now: number, panes: number): readonly number[] {
  if (scope.newest <= now - panes) return noCounts;
  return countNames.map((_, column) => sum(scope, column, now, panes));
}

/** [count, how many it is known of] over a window; verified bots are in neither. */
export function split(scope: Scope, name: CountName, now: number, panes: number): readonly [number, number] {
  const base = baseIndex(name);
  let known = sum(scope, base, now, panes);
  if (base === countIndex.requests) known -= sum(scope, countIndex.verified, now, panes);
  return [sum(scope, countIndex[name], now, panes), known];
}

/** Requests over a window that show nothing suspicious. */
export function clean(scope: Scope, now: number, panes: number): number {
  const count = (column: number): number => sum(scope, column, now, panes);
  return Math.max(0, count(countIndex.requests) - count(countIndex.verified) - count(countIndex.suspicious));
}

/** Requests per second over a window. */
export function rate(scope: Scope, now: number, panes: number): number {
  return (sum(scope, countIndex.requests, now, panes) * 1000) / (panes * paneMs);
}

/** More than any window has: keeps two of them apart. */
const mostPanes = 2 ** 16;
/** Answers of `distinct` since the last pane was added: several policies ask for the same window. */
const distinctCounts = new WeakMap<Scope, Map<number, number>>();

/** Distinct values over a window, in whole buckets of ten panes. */
export function distinct(scope: Scope, sketch: SketchName, now: number, panes: number): number {
  let counted = distinctCounts.get(scope);
  if (counted === undefined) {
    counted = new Map();
    distinctCounts.set(scope, counted);
  }
  const window = (now * mostPanes + panes) * sketchNames.length + sketchIndex[sketch];
  let count = counted.get(window);
  if (count === undefined) {
    const from = Math.floor((now - panes + 1) / bucketPanes);
    const sketches: HyperLogLog[] = [];
    for (const { bucket, of } of scope.sketches)
      if (bucket >= from && bucket * bucketPanes <= now) sketches.push(of[sketchIndex[sketch]]!);
    count = HyperLogLog.countUnion(sketches);
    counted.set(window, count);
  }
  return count;
}

const leastRecent = 10;

/**
 * Share of the values of the newest ten to twenty seconds that the rest of the window had not shown. null: too few, or
 * nothing before them.
 */
export function growth(scope: Scope, sketch: SketchName, now: number, panes: number): number | null {
  const from = Math.floor((now - panes + 1) / bucketPanes);
  const recentFrom = Math.floor(now / bucketPanes) - 1;
  const at = sketchIndex[sketch];
  const older: HyperLogLog[] = [];
  const recent: HyperLogLog[] = [];
  for (const { bucket, of } of scope.sketches)
    if (bucket >= recentFrom && bucket * bucketPanes <= now) recent.push(of[at]!);
    else if (bucket >= from && bucket < recentFrom) older.push(of[at]!);
  const values = HyperLogLog.countUnion(recent);
  const before = HyperLogLog.countUnion(older);
  if (values < leastRecent || before === 0) return null;
  return Math.min(1, Math.max(0, HyperLogLog.countUnion([...older, ...recent]) - before) / values);
}

/** Replaces the samples of the newest pane, for what reduce itself finds out about them: `mark` gives their flags. */
export function markSamples(scope: Scope, mark: (sample: Sample) => number): void {
  const newest = scope.samples.at(-1);
  if (newest === undefined) return;
  const samples = newest.samples.map((sample) => {
    const flags = mark(sample);
    return flags === sample.flags ? sample : { ...sample, flags };
  });
  scope.samples[scope.samples.length - 1] = { ...newest, samples };
}

/** Whether combine sampled it as suspicious: what reduce reads into a page (page-reading.ts) moves none to the other side. */
function isOfSuspicious(flags: number): boolean {
  return (flags & suspiciousFlags & ((flags & flag.paged) !== 0 ? ~flag.failing : -1)) !== 0;
}

/** Samples of the panes (now - panes, now] that pass, each with the number of requests it stands for. */
export function samplesOf(
  scope: Scope,
  now: number,
  panes: number,
  wanted: (flags: number) => boolean,
): Weighted[] {
  const found: Weighted[] = [];
  for (let at = firstAfter(scope, now - panes); at < scope.samples.length; at++) {
    const pane = scope.samples[at]!;
    if (pane.pane > now) break;
    let suspicious = 0;
    for (const sample of pane.samples) if (isOfSuspicious(sample.flags)) suspicious++;
    const others = pane.samples.length - suspicious;
    for (const sample of pane.samples) {
      if (!wanted(sample.flags)) continue;
      const odd = isOfSuspicious(sample.flags);
      found.push({
        sample,
        weight: odd ? pane.suspicious / suspicious : Math.max(1, pane.others / Math.max(1, others)),
      });
    }
  }
  return found;
}

/** Samples of the panes (now - panes, now]. */
export function samplesIn(scope: Scope, now: number, panes: number): Sample[] {
  const found: Sample[] = [];
  for (let at = firstAfter(scope, now - panes); at < scope.samples.length; at++) {
    const { pane, samples } = scope.samples[at]!;
    if (pane > now) break;
    for (const sample of samples) found.push(sample);
  }
  return found;
}

/** Where the samples of panes after this one begin. */
function firstAfter({ samples }: Scope, pane: number): number {
  let first = samples.length;
  while (first > 0 && samples[first - 1]!.pane > pane) first--;
  return first;
}
