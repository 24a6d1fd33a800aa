import { hourKey, medianRate } from './baseline.ts';
import type { WatchedScope } from './site-state.ts';

/**
 * The median rate of a scope at this hour of the day; null until learned. Asked of all endpoints of a site every few panes:
 * worked out once an hour, and when something was learned.
 */
export function usualRate(watched: WatchedScope, at: number): number | null {
  const hour = hourKey(at);
  if (watched.usual?.hour !== hour) watched.usual = { hour, rate: medianRate(watched.baseline, at) };
  return watched.usual.rate;
}
