import { medianRate } from './baseline.ts';
import type { WatchedScope } from './site-state.ts';

const hourMs = 3_600_000;

/**
 * The median rate of a scope at this hour of the day; null until learned. Asked of all endpoints of a site every few panes:
 * worked out once an hour, and when something was learned.
 */
export function usualRate(watched: WatchedScope, at: number): number | null {
  const hour = Math.floor(at / hourMs);
  if (watched.usual?.hour !== hour) watched.usual = { hour, rate: medianRate(watched.baseline, at) };
  return watched.usual.rate;
}
