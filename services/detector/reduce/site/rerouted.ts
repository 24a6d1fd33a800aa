import { type CountName, countIndex, paneMs } from '../../layout.ts';
import { type Scope, split, sum } from './scope.ts';
import { type SiteState, scopeId } from './site-state.ts';

/**
 * Whether a site's traffic comes another way than it did a minute ago: through a CDN whose addresses stand for those of people,
 * from another load balancer, by another version of the protocol. An attack comes on top of people. Where they are gone the moment
 * that something else is there, and all is no more than before, it is they who look otherwise.
 */

/** Panes of now, and of before: (now - before.from, now - before.to]. */
const now = 10;
const before = { from: 60, to: 20 } as const;
/** The requests of one visit come together: so many are as one. What is gone is more than so many standard deviations. */
const alike = 8;
const surprise = 3;
/** All of it now, by what it was before. */
const same = { least: 0.6, most: 1.6 } as const;
/**
 * What is left of those who looked otherwise before, at most; they were this share of all at least, and what they lost the others have
 * won. Of visits that go on only the next request looks as if it were the first.
 */
const gone = { left: { direct: 0.75, hostile: 0.5 }, usual: 0.4, won: 0.7 } as const;
/** They are back, or this is how it is from now on. */
const back = 0.7;
const mostPanes = 900_000 / paneMs;

export interface Rerouted {
  /** The pane in which that was seen last. An address may stand for many since then. */
  readonly pane: number;
  /**
   * Requests of ten panes, before, that came from people's networks, if they come from those of servers now: what is said of a network is
   * said of all. null: their networks are what they were.
   */
  readonly people: number | null;
}

interface Levels {
  readonly now: number;
  readonly before: number;
}

/** Requests of ten panes without what `name` counts, and with. */
function levelsOf(scope: Scope, name: CountName, pane: number): { without: Levels; having: Levels } {
  const over = (panes: number, from = 0): readonly [number, number] => {
    const [some, known] = split(scope, name, pane, panes);
    const [less, lessKnown] = from === 0 ? [0, 0] : split(scope, name, pane, from);
    return [some - less, known - lessKnown];
  };
  const [some, known] = over(now);
  const [someBefore, knownBefore] = over(before.from, before.to);
  const scale = now / (before.from - before.to);
  return {
    without: { now: known - some, before: (knownBefore - someBefore) * scale },
    having: { now: some, before: someBefore * scale },
  };
}

/** Whether requests that `name` did not count before are such that it counts now. */
function haveBecome(scope: Scope, name: 'direct' | 'hostile', pane: number): boolean {
  const { without, having } = levelsOf(scope, name, pane);
  if (without.before < gone.usual * (without.before + having.before)) return false;
  const lost = without.before - without.now;
  return (
    without.now <= gone.left[name] * without.before &&
    lost >= surprise * Math.sqrt(alike * without.before) &&
    having.now - having.before >= gone.won * lost
  );
}

function isAsMuch(scope: Scope, pane: number): boolean {
  const recent = sum(scope, countIndex.requests, pane, now) / now;
  const earlier =
    (sum(scope, countIndex.requests, pane, before.from) - sum(scope, countIndex.requests, pane, before.to)) /
    (before.from - before.to);
  return recent >= same.least * earlier && recent <= same.most * earlier;
}

function isOver({ pane: since, people }: Rerouted, scope: Scope, pane: number): boolean {
  if (pane - since >= mostPanes) return true;
  return people !== null && levelsOf(scope, 'hostile', pane).without.now >= back * people;
}

/**
 * Called after a pane of the site was added. Visits that were going on look as if they began now: as after a gap in the log. Where
 * people's networks have become others, nothing is held against a network until they are back, or a quarter of an hour is over.
 */
export function noteRerouted(state: SiteState, pane: number): void {
  const scope = state.scopes.get(scopeId('site', ''))?.scope;
  if (scope === undefined || scope.lastPane !== pane) return;
  const { rerouted } = state.sight;
  if (rerouted !== null && isOver(rerouted, scope, pane)) state.sight = { ...state.sight, rerouted: null };
  if (pane - scope.firstPane < before.from || !isAsMuch(scope, pane)) return;
  const { people = null } = state.sight.rerouted ?? {};
  if (haveBecome(scope, 'direct', pane))
    state.sight = { ...state.sight, pane, unseen: 1, rerouted: { pane, people } };
  if (people !== null || !haveBecome(scope, 'hostile', pane)) return;
  const { before: were } = levelsOf(scope, 'hostile', pane).without;
  state.sight = { ...state.sight, rerouted: { pane, people: were } };
  // the first of it is held back as what is usual
  const from = (pane - before.to) * paneMs;
  for (const { baseline } of state.scopes.values())
    baseline.held = baseline.held.filter(({ at }) => at < from);
}

/** Whether people come from networks that are not theirs. */
export const areNetworksHidden = ({ sight: { rerouted } }: SiteState): boolean =>
  rerouted !== null && rerouted.people !== null;

/** Whether an address may stand for many people that it did not stand for before. */
export const areAddressesOthers = ({ sight }: SiteState): boolean => sight.rerouted !== null;

/** So much of what an address sends is what others no longer do. */
const leastTaken = 0.5;

/**
 * Called before a verdict on an address. Whether it has taken the place of others, who sent as much before: then it stands for
 * them, as a load balancer does. `recent` and `minute`: requests of the address in the last twenty seconds, and in the last minute.
 */
export function standsForOthers(state: SiteState, pane: number, recent: number, minute: number): boolean {
  const scope = state.scopes.get(scopeId('site', ''))?.scope;
  if (scope === undefined || pane - scope.firstPane < before.from) return false;
  const all = (panes: number): number => sum(scope, countIndex.requests, pane, panes);
  const others = all(before.to) - recent;
  const scale = before.to / (before.from - before.to);
  const othersBefore = (all(before.from) - all(before.to) - (minute - recent)) * scale;
  const lost = othersBefore - others;
  if (lost < leastTaken * recent || lost < surprise * Math.sqrt(alike * othersBefore)) return false;
  state.sight = { ...state.sight, rerouted: { pane, people: state.sight.rerouted?.people ?? null } };
  return true;
}
