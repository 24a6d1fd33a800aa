import { type CountName, countIndex, flag, minutePanes } from '../../layout.ts';
import { countOf, samplesOf, setCount } from './scope.ts';
import type { WatchedScope } from './site-state.ts';
import { serversOf } from './usual-callers.ts';

/**
 * A caller that is a visible part of what is usual at an endpoint, and mostly gets what it asks for, is a server, whether it
 * shows a key or not: that it reads no pages and lives in a data centre says nothing of it, and nothing of what
 * the people do who call the endpoint too. Two servers of a partner that make up half of the calls would else make
 * coming directly usual there, for everybody. Not at a log-in: there it speaks for others.
 */

/** Below this share of both there is nothing to set apart. */
const leastShare = 0.03;

/** Looks anew, once a minute, who these callers are. `end`: the pane after the last that was learned from. */
export function updateKnownCallers(watched: WatchedScope, end: number): void {
  const { scope, baseline } = watched;
  if (scope.kind !== 'endpoint' || end % minutePanes !== 0) return;
  if (scope.traits.function === 'login' || scope.traits.function === 'content') return;
  const { totals } = baseline;
  const least = leastShare * totals[countIndex.requests]!;
  if (
    baseline.callers.size === 0 &&
    totals[countIndex.direct]! < least &&
    totals[countIndex.hostile]! < least
  )
    return;
  baseline.callers = serversOf(watched);
}

/** What a server's request is counted as no more: the flags that it has all of. */
const notOfServers: readonly (readonly [CountName, number])[] = [
  ['direct', flag.direct],
  ['cold_failing', flag.direct | flag.failing],
  ['hostile', flag.hostile],
  ['skipped', flag.skipped],
];

/** Takes what they do out of the newest pane's counts of it. Samples stay as they are: what a rule costs them is counted. */
export function setCallersApart({ scope, baseline: { callers } }: WatchedScope, pane: number): void {
  if (callers.size === 0) return;
  const theirs = samplesOf(scope, pane, 1, () => true).filter(({ sample }) => callers.has(sample.client));
  if (theirs.length === 0) return;
  for (const [name, bits] of notOfServers) {
    const column = countIndex[name];
    let weight = 0;
    for (const { sample, weight: requests } of theirs) if ((sample.flags & bits) === bits) weight += requests;
    if (weight > 0)
      setCount(scope, column, pane, Math.max(0, countOf(scope, column, pane) - Math.round(weight)));
  }
}
