import { partOf } from '../../../../lib/signature/standing.ts';
import { paneMs } from '../../layout.ts';
import { wilsonUpper } from '../miner/bounds.ts';
import type { BoundedShare } from '../miner/collateral.ts';
import { rateKey } from './baseline.ts';
import { alike } from './journeys.ts';
import { clean, rate, type Scope, split } from './scope.ts';
import { busiest } from './sight.ts';
import { expected, normal, type SiteState, scopeId, type WatchedScope } from './site-state.ts';

/** So many of a crowd, at most, do not do before what practically everybody else does. */
const mostOtherWays = 2 / 3;
/** What a crowd did before an attack is looked for so far back, ten seconds at a time; from so many of its requests it is known. */
const lookBack = { panes: 50, step: 10, least: 50 } as const;
/** A crowd is looked for in the window at hand and in the newest part of it, whichever shows more of one. */
const newestPanes = 10_000 / paneMs;

/**
 * Share of the honest requests at a scope that may come another way than people usually do, because they are a crowd's: what is
 * launched is bought with one click, and a message leads past the cart. A crowd shows by those who do come the usual way,
 * here or, sooner, at what leads here: more of them than at the busiest of usual times. An attack has nothing of them. Where
 * nothing leads to, as to a log-in, it shows by those who get in.
 */
export function otherWays(state: SiteState, watched: WatchedScope, pane: number, panes: number): number {
  const { requirement } = watched;
  if (requirement === null) return mostOtherWays * crowdLetIn(state, watched, pane, panes);
  const here = normal(state, watched, rateKey).p99;
  let crowd = 0;
  for (const window of [panes, newestPanes]) {
    const before = cleanAt(state, requirement.required, pane, window);
    crowd = Math.max(
      crowd,
      beyond(here, usualWay(watched.scope, pane, window)),
      beyond(before.usual, before.now),
    );
  }
  return (
    (state.before.get(scopeId(watched.scope.kind, watched.scope.key))?.otherWays ?? mostOtherWays) * crowd
  );
}

/**
 * How much of the people at a log-in is a crowd: they get in, more of them than at the busiest of usual times, and when a goal
 * falls they come straight to its form. 0: nobody says who gets in, or no crowd is there.
 */
function crowdLetIn(state: SiteState, watched: WatchedScope, pane: number, panes: number): number {
  if (watched.scope.traits.function !== 'login') return 0;
  const usual =
    busiest * normal(state, watched, rateKey).p99 * (1 - expected(state, watched, 'failing').share);
  const letIn = (window: number): number => split(watched.scope, 'succeeding', pane, window)[0] / window;
  return Math.max(...[panes, newestPanes].map((window) => beyond(usual, (letIn(window) * 1000) / paneMs)));
}

/**
 * Share, at most, of a crowd that came another way up to `pane`, when an attack on the scope was not there yet: what it did at all
 * that does the same, since people begin with the app or with the site. All that come another way are taken for the crowd's.
 */
export function otherWaysBefore(state: SiteState, { scope: { traits } }: WatchedScope, pane: number): number {
  let others = 0;
  let usual = 0;
  for (const watched of state.scopes.values()) {
    const { scope, requirement } = watched;
    if (requirement === null || scope.kind !== 'endpoint' || scope.traits.function !== traits.function)
      continue;
    const busy = normal(state, watched, rateKey).p99;
    for (let last = pane; last > pane - lookBack.panes; last -= lookBack.step) {
      const [unusual, all] = split(scope, 'unusual', last, lookBack.step);
      others += unusual;
      usual += Math.max(0, all - unusual - (busy * lookBack.step * paneMs) / 1000);
    }
  }
  const crowd = others + usual;
  return usual < lookBack.least
    ? mostOtherWays
    : Math.min(mostOtherWays, wilsonUpper(others / crowd, crowd / alike));
}

/** So many times the usual rate make a crowd, whose people are others than come usually. An attack in it is seen so late. */
const inCrowd = { times: 2, unseenPanes: 30_000 / paneMs } as const;

/**
 * Share of a crowd at a scope that came directly before `pane`, when an attack was not there yet: widgets on pages of others
 * and links bring people who do not come on other days. null: there was no crowd.
 */
export function directBefore(state: SiteState, watched: WatchedScope, pane: number): BoundedShare | null {
  const usual = normal(state, watched, rateKey).p50;
  let direct = 0;
  let all = 0;
  const until = pane - inCrowd.unseenPanes;
  for (let last = until; last > until - lookBack.panes; last -= lookBack.step) {
    if (rate(watched.scope, last, lookBack.step) < inCrowd.times * usual) break;
    const [directHere, allHere] = split(watched.scope, 'direct', last, lookBack.step);
    direct += directHere;
    all += allHere;
  }
  return all < lookBack.least ? null : { share: direct / all, upper: wilsonUpper(direct / all, all / alike) };
}

const beyond = (usual: number, now: number): number => (now <= usual ? 0 : 1 - usual / now);

/** Requests a second that come the usual way. */
function usualWay(scope: Scope, pane: number, panes: number): number {
  const [others, all] = split(scope, 'unusual', pane, panes);
  return all === 0 ? 0 : rate(scope, pane, panes) * (1 - others / all);
}

interface Clean {
  /** Requests a second at a busy time. */
  readonly usual: number;
  readonly now: number;
}

/** Of the pane at hand: payments have the same before them. */
const cleanOfPane = new WeakMap<SiteState, { readonly pane: number; readonly known: Map<string, Clean> }>();

/** Requests that show nothing suspicious at endpoints of the parts `required`. */
function cleanAt(state: SiteState, required: number, pane: number, panes: number): Clean {
  let here = cleanOfPane.get(state);
  if (here?.pane !== pane) {
    here = { pane, known: new Map() };
    cleanOfPane.set(state, here);
  }
  const id = `${required} ${panes}`;
  const before = here.known.get(id);
  if (before !== undefined) return before;
  let usual = 0;
  let requests = 0;
  for (const watched of state.scopes.values()) {
    const { scope } = watched;
    if (scope.kind !== 'endpoint' || (partOf(scope.traits.function, scope.traits.method) & required) === 0)
      continue;
    usual += normal(state, watched, rateKey).p99;
    requests += clean(scope, pane, panes);
  }
  const found = { usual, now: (requests * 1000) / (panes * paneMs) };
  here.known.set(id, found);
  return found;
}
