import { countIndex, paneMs } from '../layout.ts';
import { sum } from './scope.ts';
import { type SiteState, scopeId } from './site-state.ts';

/**
 * How much of the visits that are going on the log has seen the beginning of. Where it begins, and after a gap in it, people
 * in the middle of a visit look as if they had come directly.
 */
export interface Sight {
  /** The first pane, or the first one after the newest gap. */
  readonly pane: number;
  /** Share of visits whose beginning was not seen, at that pane. */
  readonly unseen: number;
}

/**
 * Time constants of visits: long ones look new for long, and of short ones a short gap takes the beginning. Neither is known of
 * a site, so each side of it is taken as it may be at worst.
 */
const visitPanes = { long: 90_000 / paneMs, short: 20_000 / paneMs } as const;
/** Silence is a gap when it is this long, and so many requests would have come at the rate of the minute before it. */
const gap = { panes: 20, requests: 20 } as const;
/** Nothing is learned while more than this is unseen. */
const mostUnseen = 1 / Math.E;

/** Share of the visits that go on at `pane` of which the log does not have the beginning. */
export function unseenVisits({ sight }: SiteState, pane: number): number {
  return sight.unseen * Math.exp((sight.pane - pane) / visitPanes.long);
}

/** Called before a pane of the site is added: was there something to be seen since the last one? */
export function noteGap(state: SiteState, pane: number): void {
  const site = state.scopes.get(scopeId('site', ''))?.scope;
  if (site === undefined) return;
  const silent = pane - site.lastPane - 1;
  if (silent < gap.panes) return;
  const minute = Math.min(60, site.lastPane - site.firstPane + 1);
  const perPane = sum(site, countIndex.requests, site.lastPane, minute) / minute;
  if (perPane * silent < gap.requests) return;
  const seen = 1 - unseenVisits(state, site.lastPane);
  state.sight = { pane, unseen: 1 - seen * Math.exp(-silent / visitPanes.short) };
}

/**
 * Whether the site has come out of a gap just now: what it would learn of how people come is not so. Where the log begins
 * baselines correct that themselves.
 */
export function isBlind(state: SiteState, pane: number): boolean {
  return state.sight.pane > state.firstPane && unseenVisits(state, pane) > mostUnseen;
}
