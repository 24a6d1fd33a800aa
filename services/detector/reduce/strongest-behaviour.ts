import { type CountName, paneMs } from '../layout.ts';
import type { Policy } from '../policies/load-policies.ts';
import { speaksAgainst } from './behaviour.ts';
import { excessSamples } from './choose-signatures.ts';
import { contrastOf, type SiteState, type WatchedScope } from './site-state.ts';

/** Excess that counts as "still going on". */
export const going = { excess: 8, surprise: 3 } as const;
const leastClients = 10;

/** The behaviour of the policy that shows most excess. */
export function strongest(
  state: SiteState,
  watched: WatchedScope,
  policy: Policy,
  pane: number,
): CountName | null {
  let best: CountName | null = null;
  let most = 0;
  for (const { spec } of policy.features) {
    if (spec.type !== 'ratio' || !speaksAgainst(spec.of)) continue;
    const { excess, surprise } = contrastOf(state, watched, spec.of, pane, Math.max(5, spec.spanMs / paneMs));
    if (surprise >= going.surprise && excess > most) {
      most = excess;
      best = spec.of;
    }
  }
  return best;
}

/**
 * An excess made by a few addresses (a partner's batch, a webhook, one scraper) is no campaign: single clients are
 * judged by the policies on clients.
 */
export function isFew(watched: WatchedScope, behaviour: CountName, pane: number): boolean {
  const byClient = new Map<string, number>();
  let total = 0;
  let most = 0;
  for (const { sample, weight } of excessSamples(watched, behaviour, pane)) {
    const client = sample.client.toString('latin1');
    const own = (byClient.get(client) ?? 0) + weight;
    byClient.set(client, own);
    total += weight;
    most = Math.max(most, own);
  }
  return byClient.size < leastClients || most > total / 2;
}
