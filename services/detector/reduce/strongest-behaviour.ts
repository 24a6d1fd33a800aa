import { type CountName, paneMs } from '../layout.ts';
import type { Policy } from '../policies/load-policies.ts';
import { speaksAgainst } from './behaviour.ts';
import { behaviourFlag } from './choose-signatures.ts';
import { samplePanes, samplesOf } from './scope.ts';
import { contrastOf, type SiteState, type WatchedScope } from './site-state.ts';

/** Excess that counts as "still going on". */
export const going = { excess: 8, surprise: 3 } as const;
const leastClients = 10;

/** What the excess that opens a campaign consists of. */
export interface Strongest {
  readonly behaviour: CountName;
  /** The window that shows it; samples reach back as far. */
  readonly panes: number;
  readonly excess: number;
}

/** The behaviour of the policy that shows most excess. */
export function strongest(
  state: SiteState,
  watched: WatchedScope,
  policy: Policy,
  pane: number,
): Strongest | null {
  let best: Strongest | null = null;
  for (const { spec } of policy.features) {
    if (spec.type !== 'ratio' || !speaksAgainst(spec.of)) continue;
    const panes = Math.min(samplePanes, Math.max(5, spec.spanMs / paneMs));
    const { excess, surprise } = contrastOf(state, watched, spec.of, pane, panes);
    if (surprise >= going.surprise && excess > (best?.excess ?? 0))
      best = { behaviour: spec.of, panes, excess };
  }
  return best;
}

/**
 * An excess made by a few addresses (a partner's batch, a webhook, one scraper) is no campaign: single clients are
 * judged by the policies on clients. Asked of all the window that shows the excess: who is left when one client has
 * stopped is not who made it.
 */
export function isFew(watched: WatchedScope, { behaviour, panes, excess }: Strongest, pane: number): boolean {
  const byClient = new Map<number, number>();
  let most = 0;
  for (const { sample, weight } of samplesOf(watched.scope, pane, panes, behaviourFlag(behaviour, watched))) {
    const { client } = sample;
    const own = (byClient.get(client) ?? 0) + weight;
    byClient.set(client, own);
    most = Math.max(most, own);
  }
  return byClient.size < leastClients || most > excess / 2;
}
