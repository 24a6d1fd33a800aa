import { type CountName, countIndex } from '../../layout.ts';
import type { BoundedShare } from '../miner/collateral.ts';
import type { Weighted } from '../miner/weighted.ts';
import { overDispersion } from './behaviour.ts';
import { directBefore, otherWaysBefore } from './crowd.ts';
import { feltBy } from './felt-by.ts';
import { overlaps } from './route.ts';
import { clean, samplesOf, sum } from './scope.ts';
import { contrastOf, type SiteState, scopeId, type WatchedScope } from './site-state.ts';

/** What a scope was like when a campaign began. */
export interface BeforeOnset {
  /** The last pane without it. */
  readonly pane: number;
  /** Clean requests a pane. */
  readonly rate: number;
  /** Share of a crowd that did not come as people usually do, at most. Left out by earlier versions. */
  readonly otherWays?: number;
  /** Share of a crowd that came directly; null: there was none. */
  readonly direct: BoundedShare | null;
}

/** A campaign goes on unseen for so many panes; what so many before them show was there without it. */
const look = { unseen: 5, panes: 20 } as const;

const idOf = ({ scope: { kind, key } }: WatchedScope): string => scopeId(kind, key);

/** Requests a pane that show nothing suspicious. */
function cleanRate({ scope }: WatchedScope, pane: number, panes: number): number {
  return clean(scope, pane, panes) / panes;
}

/** Where a campaign about `watched` is felt: there, at the endpoint of its requests, and on the site. */
function concerned(state: SiteState, watched: WatchedScope): ReadonlySet<WatchedScope> {
  const found = new Set([watched, feltBy(state, watched)]);
  const site = state.scopes.get(scopeId('site', ''));
  if (site !== undefined) found.add(site);
  return found;
}

/** A campaign that acts begins at `watched`: what was there before it is noted, unless another is there already. */
export function noteBefore(state: SiteState, watched: WatchedScope, pane: number): void {
  for (const one of concerned(state, watched)) {
    const last = pane - look.unseen;
    const isYoung = last - one.scope.firstPane < look.panes;
    if (!isYoung && !state.before.has(idOf(one)))
      state.before.set(idOf(one), {
        pane: last,
        rate: cleanRate(one, last, look.panes),
        otherWays: otherWaysBefore(state, one, last),
        direct: directBefore(state, one, last),
      });
  }
}

/** What was before campaigns that are over is forgotten. */
export function forgetBefore(state: SiteState): void {
  if (state.before.size === 0) return;
  const needed = new Set<string>();
  for (const { behaviour, simulated, scopes } of state.campaigns.values()) {
    if (behaviour === null || simulated) continue;
    for (const { kind, key } of scopes) {
      const watched = state.scopes.get(scopeId(kind, key));
      if (watched !== undefined) for (const one of concerned(state, watched)) needed.add(idOf(one));
    }
  }
  for (const id of state.before.keys()) if (!needed.has(id)) state.before.delete(id);
}

/** From here on, as many times what was there before, clean requests are not taken for those of people. */
const mostGrowth = 3;
/** Standard deviations that are taken for chance. */
const chance = 1;

/**
 * How far the clean requests of `panes` are believed to be those of people: fully while they are not more than before the
 * campaign, chance aside; the less, the more came with it.
 */
function credible(watched: WatchedScope, { rate }: BeforeOnset, pane: number, panes: number): number {
  const spread = Math.sqrt(overDispersion * rate * (1 / look.panes + 1 / panes));
  const usual = rate + chance * spread;
  const added = 1 - usual / Math.max(usual, 1e-9, cleanRate(watched, pane, panes));
  return Math.max(0, 1 - added / (1 - 1 / mostGrowth));
}

/** Of a hundred stolen credentials, or guesses, so many are right at most. */
const guessedRight = 0.03;
const refusals: ReadonlySet<CountName> = new Set(['failing', 'cold_failing', 'denied', 'declined']);

/**
 * How far the successes of `panes` are believed to be those of people where an attack shows by being refused: whatever crowd
 * came with it, hardly any of them is the attack's.
 */
export function credibleSuccesses(
  state: SiteState,
  watched: WatchedScope,
  pane: number,
  panes: number,
): number {
  const { scope } = watched;
  const isRefused = [...state.campaigns.values()].some(
    ({ behaviour, simulated, scopes }) =>
      behaviour !== null &&
      !simulated &&
      refusals.has(behaviour) &&
      scopes.some((taken) => overlaps(taken, scope)),
  );
  if (!isRefused) return 0;
  const { excess } = contrastOf(state, watched, 'failing', pane, panes);
  const added =
    (guessedRight * Math.max(0, excess)) / Math.max(1, sum(scope, countIndex.succeeding, pane, panes));
  return Math.max(0, 1 - added / (1 - 1 / mostGrowth));
}

/**
 * Clean samples of the last `panes` that pass, as far as they are believed to be those of people. `succeeded`: none pass
 * but those that did.
 */
export function cleanSamples(
  state: SiteState,
  watched: WatchedScope,
  pane: number,
  panes: number,
  wanted: (flags: number) => boolean,
  succeeded: boolean,
): Weighted[] {
  const before = state.before.get(idOf(watched));
  if (before === undefined) return samplesOf(watched.scope, pane, panes, wanted);
  const since = Math.min(panes, pane - before.pane);
  const factor = Math.max(
    credible(watched, before, pane, since),
    succeeded ? credibleSuccesses(state, watched, pane, since) : 0,
  );
  const later = samplesOf(watched.scope, pane, since, wanted);
  return [
    ...samplesOf(watched.scope, before.pane, panes - since, wanted),
    ...(factor === 0 ? [] : later.map(({ sample, weight }) => ({ sample, weight: factor * weight }))),
  ];
}
