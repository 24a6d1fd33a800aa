import { analoguesOf } from '../../inventory/inventory.ts';
import type { Policy } from '../../policies/load-policies.ts';
import type { LiveSignature } from '../site/campaign-state.ts';
import { feltBy } from '../site/felt-by.ts';
import { type SiteState, scopeId, type WatchedScope } from '../site/site-state.ts';
import type { Found } from './choose-signatures.ts';
import { goodSamples } from './good-traffic.ts';
import { movedTo, sentAhead } from './sent-ahead.ts';

/**
 * Stopped on the web, an attacker goes to the app's endpoint for the same thing within seconds. Signatures go there with
 * the verdict that brings them, before he does, where they cost the people there no more than the policy allows.
 */
export function followAnalogues(
  state: SiteState,
  watched: WatchedScope,
  policy: Policy,
  fresh: readonly LiveSignature[],
  pane: number,
): Found[] {
  if (!policy.document.campaign['follow-analogues'] || watched.scope.kind !== 'endpoint') return [];
  const budget = policy.document.campaign['max-collateral'];
  const found: Found[] = [];
  for (const key of analoguesOf(state.inventory, watched.scope.key)) {
    const analogue = state.scopes.get(scopeId('endpoint', key));
    if (analogue === undefined) continue;
    const moved = fresh.flatMap((live) => {
      const signature = movedTo(state, analogue.scope, live.signature);
      return signature === null ? [] : [{ live, signature }];
    });
    found.push(...sentAhead(moved, goodSamples(state, feltBy(state, analogue), pane), 2 * budget).found);
  }
  return found;
}
