import { partOf } from '../../../../lib/signature/standing.ts';
import { countIndex, paneMs } from '../../layout.ts';
import { rateKey } from './baseline.ts';
import { areNetworksHidden, type Rerouted } from './rerouted.ts';
import { rate, type Scope, sum } from './scope.ts';
import { isAttacked, normal, type SiteState, scopeId, type WatchedScope } from './site-state.ts';
import { usualRate } from './usual-rate.ts';

/**
 * How much of the visits that are going on the log has seen the beginning of. Where it begins, and after a gap in it, people
 * in the middle of a visit look as if they had come directly.
 */
export interface Sight {
  /** The first pane, or the first one after the newest gap. */
  readonly pane: number;
  /** Share of visits whose beginning was not seen, at that pane. */
  readonly unseen: number;
  readonly missing: MissingHosts | null;
  /** null: people come from where they always did. */
  readonly rerouted: Rerouted | null;
}

/** Hosts that usually have many of the site's requests, and were not in the log. */
export interface MissingHosts {
  /** The last pane of which that is known. */
  readonly pane: number;
  /** Parts of the site that are used there (bits of lib/signature/standing.ts). */
  readonly parts: number;
}

/**
 * Time constants of visits: long ones look new for long, and of short ones a short gap takes the beginning. Neither is known of
 * a site, so each side of it is taken as it may be at worst.
 */
const visitPanes = { long: 90_000 / paneMs, short: 20_000 / paneMs } as const;
/** Silence is a gap when it is this long, and so many requests would have come at the rate of the minute before it. */
const gap = { panes: 20, requests: 20 } as const;
/**
 * The silence of a host tells when it usually has this share of the site's requests, and so many would have come: some eight
 * visits, since the requests of one come together. Looked for every so many panes, in no fewer and at most a minute of them.
 * Endpoints that usually have fewer requests a second than `leastUsual` say nothing of how many people there are.
 */
const host = {
  share: 0.1,
  requests: 60,
  everyPanes: 5,
  mostPanes: 60_000 / paneMs,
  leastUsual: 0.1,
} as const;
/** People come, from one ten seconds to the next, at most so many times as usual: a young baseline knows no busy hour. */
export const busiest = 2;
/** Less than this is nothing: a host that is back is forgotten. */
const leastUnseen = 0.01;
/** Nothing is learned while more than this is unseen. */
const mostUnseen = 1 / Math.E;

/** Share of the visits that go on at `pane` of which the log does not have the beginning, because it had a gap. */
function unseenInGap({ sight }: SiteState, pane: number): number {
  return sight.unseen * Math.exp((sight.pane - pane) / visitPanes.long);
}

/**
 * Share of the visits at a scope that may have begun on a host that is missing; so much of its honest clients behaved well
 * where the log did not see it, and nothing speaks for them. A scope that something leads to which is not on that host, as
 * a cart leads to a payment, has seen them nevertheless.
 */
export function unseenElsewhere(
  { sight: { missing } }: SiteState,
  { requirement }: WatchedScope,
  pane: number,
): number {
  if (missing === null || (requirement !== null && (requirement.required & missing.parts) === 0)) return 0;
  const share = Math.exp((missing.pane - pane) / visitPanes.long);
  return share < leastUnseen ? 0 : share;
}

/**
 * Share of the requests at a scope in the last `panes` panes whose visits the log may not have seen begin. While a host is
 * missing nobody knows how many of them began there, but people are about as many as usual: what comes beyond that counts in full.
 */
export function unseenVisits(state: SiteState, watched: WatchedScope, pane: number, panes: number): number {
  const inGap = unseenInGap(state, pane);
  const elsewhere = unseenElsewhere(state, watched, pane);
  if (elsewhere <= inGap) return inGap;
  const usual = busiest * normal(state, watched, rateKey).p99;
  return Math.max(inGap, elsewhere * Math.min(1, usual / rate(watched.scope, pane, panes)));
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
  const seen = 1 - unseenInGap(state, site.lastPane);
  state.sight = { ...state.sight, pane, unseen: 1 - seen * Math.exp(-silent / visitPanes.short) };
}

/** Of an endpoint: what comes usually, in requests a second, and what tells where it is and what it is for. */
interface Usual {
  readonly usual: number;
  readonly scope: Scope;
}

/**
 * Called after a pane of the site was added: is a host missing that usually has many of its requests? Its log may be, and
 * people who come from it look as if they had come directly for as long as that lasts.
 */
export function noteMissingHost(state: SiteState, pane: number): void {
  if (pane % host.everyPanes !== 0) return;
  const hosts = new Map<string, { usual: number; readonly endpoints: Usual[] }>();
  let all = 0;
  for (const watched of state.scopes.values()) {
    const { scope } = watched;
    if (scope.kind !== 'endpoint') continue;
    const usual = usualRate(watched, pane * paneMs) ?? 0;
    if (usual === 0) continue;
    const { host: name } = scope.traits;
    const known = hosts.get(name) ?? { usual: 0, endpoints: [] };
    known.usual += usual;
    known.endpoints.push({ usual, scope });
    hosts.set(name, known);
    all += usual;
  }
  let parts = 0;
  for (const [name, { usual, endpoints }] of hosts) {
    if (usual < host.share * all) continue;
    const silentFor = (perSecond: number): boolean => {
      const panes = Math.max(host.everyPanes, Math.ceil((host.requests * 1000) / paneMs / perSecond));
      return (
        panes <= host.mostPanes &&
        endpoints.every(({ scope }) => sum(scope, countIndex.requests, pane, panes) === 0)
      );
    };
    if (!silentFor(usual)) continue;
    const others = [...hosts].flatMap(([other, of]) => (other === name ? [] : of.endpoints));
    if (silentFor(usual * shareThatComes(state, others, pane))) parts |= partsOf(endpoints);
  }
  if (parts !== 0) state.sight = { ...state.sight, missing: { pane, parts } };
}

/**
 * How much of what is usual came in the last minute to the median of these endpoints, 1 at most: at night every host is
 * quiet, and the quieter ones are silent. What is attacked does not count; 1 where nothing else is.
 */
function shareThatComes(state: SiteState, endpoints: readonly Usual[], pane: number): number {
  const panes = host.mostPanes;
  const shares: number[] = [];
  for (const { usual, scope } of endpoints)
    if (usual >= host.leastUsual && !isAttacked(state, scope.key))
      shares.push(rate(scope, pane, panes) / usual);
  if (shares.length === 0) return 1;
  shares.sort((a, b) => a - b);
  return Math.min(1, shares[Math.floor(shares.length / 2)]!);
}

function partsOf(endpoints: readonly Usual[]): number {
  let parts = 0;
  for (const { scope } of endpoints) parts |= partOf(scope.traits.function, scope.traits.method);
  return parts;
}

/** Whether a host was missing when it was last looked. */
export function isHostMissing({ sight: { missing } }: SiteState, pane: number): boolean {
  return missing !== null && pane - missing.pane < host.everyPanes;
}

/**
 * Whether the site has come out of a gap just now, or its people come another way: what it would learn of how they come is not so. Where the log begins
 * baselines correct that themselves.
 */
export function isBlind(state: SiteState, pane: number): boolean {
  if (areNetworksHidden(state)) return true;
  return state.sight.pane > state.firstPane && unseenInGap(state, pane) > mostUnseen;
}
