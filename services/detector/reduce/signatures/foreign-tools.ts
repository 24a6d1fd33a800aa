import { sampleCost, sampleSignature } from '../miner/sample-predicate.ts';
import { shareSelected, type Weighted } from '../miner/weighted.ts';
import type { LiveSignature } from '../site/campaign-state.ts';
import { samplesOf } from '../site/scope.ts';
import { type SiteState, scopeId, type WatchedScope } from '../site/site-state.ts';
import { type Moved, movedTo } from './sent-ahead.ts';
import { namesSoftware } from './signature-place.ts';
import { type People, peopleBefore } from './tool-cost.ts';

/** Panes between two looks, and how many each looks at. */
const everyPanes = 15;
const seenPanes = 30;
/** Of so many people nobody must have what is stopped wherever it is seen. */
const leastPeople = 600;
/** So often it is seen at an endpoint, and so much of that comes from strangers: who have no history and did not look around. */
const seen = { samples: 2, strangers: 0.8 } as const;

/**
 * Who looked around before is let in with a look that only the whole site speaks against. To have logged in, and to have seen
 * what belongs to an account, is what a tool does with those that it gets into.
 */
const browsed = ['inventory', 'search', 'cart', 'content'];

/** Whether nobody of the site has the software that a look names, wherever he comes from, nor whoever was good where it was found. */
function isForeign({ signature, collateral, goodSample }: LiveSignature, site: People): boolean {
  const predicates = signature.predicates.filter(namesSoftware);
  const software = { predicates, except_good: false, good_after: [] };
  return (
    predicates.length > 0 &&
    collateral === 0 &&
    site.count + goodSample >= leastPeople &&
    shareSelected(site.good, [sampleCost(software)]) === 0
  );
}

export const isTimeForForeign = (pane: number): boolean => pane % everyPanes === 0;

/** Tools that nobody of the site has. */
export function foreignOf(
  state: SiteState,
  tools: readonly LiveSignature[],
  servers: ReadonlySet<number>,
): readonly LiveSignature[] {
  const site = state.scopes.get(scopeId('site', ''));
  if (site === undefined) return [];
  const people = peopleBefore(site, servers);
  return tools.filter((live) => isForeign(live, people));
}

interface Seen {
  readonly servers: ReadonlySet<number>;
  readonly isLeft: (one: Weighted) => boolean;
  readonly pane: number;
}

/** Which of them are seen at an endpoint, however little they do there: what is read of an account that a tool got into. */
export function foreignAt(
  state: SiteState,
  { scope }: WatchedScope,
  foreign: readonly LiveSignature[],
  { servers, isLeft, pane }: Seen,
): Moved[] {
  const left = samplesOf(scope, pane, seenPanes, () => true).filter(isLeft);
  return foreign.flatMap((live) => {
    const moved = movedTo(state, scope, live.signature);
    if (moved === null) return [];
    const everybody = { ...moved, except_good: false, good_after: [] };
    const signature = { ...everybody, good_after: browsed };
    const hasLook = sampleSignature(everybody);
    const selected = left.filter(({ sample }) => hasLook(sample));
    const stops = sampleSignature(signature);
    // who comes through servers is not seen himself
    const strangers = selected.filter(({ sample }) => !servers.has(sample.client) && stops(sample)).length;
    const isSeen = strangers >= seen.samples && strangers >= seen.strangers * selected.length;
    return isSeen ? [{ live, signature }] : [];
  });
}
