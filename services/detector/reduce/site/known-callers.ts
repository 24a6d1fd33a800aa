import { type CountName, countIndex, flag, spared } from '../../layout.ts';
import { countOf, samplesOf, setCount } from './scope.ts';
import type { WatchedScope } from './site-state.ts';
import { serversOf } from './usual-callers.ts';

/**
 * A caller that is a visible part of what is usual at an endpoint, and mostly gets what it asks for, is a server, whether it
 * shows a key or not: that it reads no pages says nothing of it, and nothing of what the people do who call the endpoint
 * too. Two servers of a partner that make up half of the calls would else make coming directly usual there, for
 * everybody. Not at a log-in: there it speaks for others.
 */

/** Of what comes directly: below this share there is nothing to set apart. */
const leastShare = 0.03;

const { requests, direct, by_others } = countIndex;

/** Looks anew who these callers are. */
export function updateKnownCallers(watched: WatchedScope): void {
  const { scope, baseline } = watched;
  if (scope.kind !== 'endpoint') return;
  if (scope.traits.function === 'login' || scope.traits.function === 'content') return;
  const { totals } = baseline;
  if (baseline.callers.size === 0 && totals[direct]! < leastShare * totals[requests]!) return;
  baseline.callers = serversOf(watched);
}

/** What a server's request is counted as no more: the flags that it has all of. */
const notOfServers: readonly (readonly [CountName, number])[] = [
  ['direct', flag.direct],
  ['cold_failing', flag.direct | flag.failing],
  ['skipped', flag.skipped],
  ['serial', flag.serial],
];

/**
 * Whether whoever spares clients of this standing (bits, 0: any) alone stops one of them altogether: they count in no share of those
 * who come directly.
 */
export function stopsServer({ baseline: { callers, reference } }: WatchedScope, required: number): boolean {
  if (callers.size === 0) return false;
  const stopped = new Map<number, number>();
  for (const { client, flags } of reference)
    if (callers.has(client))
      stopped.set(client, (stopped.get(client) ?? 0) + (spared(flags, required) ? -1 : 1));
  return [...stopped.values()].some((more) => more > 0);
}

/** Takes what they do out of the newest pane's counts of it. Their samples stay: a rule costs them what it costs. */
export function setCallersApart({ scope, baseline: { callers } }: WatchedScope, pane: number): void {
  const take = (column: number, weight: number): void =>
    setCount(scope, column, pane, Math.max(0, countOf(scope, column, pane) - Math.round(weight)));
  if (callers.size === 0) return;
  let all = 0;
  const taken = notOfServers.map(() => 0);
  for (const { sample, weight } of samplesOf(scope, pane, 1, () => true)) {
    if (!callers.has(sample.client)) continue;
    all += weight;
    notOfServers.forEach(([, bits], index) => {
      if ((sample.flags & bits) === bits) taken[index]! += weight;
    });
  }
  if (all === 0) return;
  take(by_others, all);
  notOfServers.forEach(([name], index) => {
    take(countIndex[name], taken[index]!);
  });
}
