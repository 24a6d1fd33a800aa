import type { Signature } from '../../../../lib/contracts/generated.ts';
import { analoguesOf } from '../../inventory/inventory.ts';
import type { Policy } from '../../policies/load-policies.ts';
import { wilsonUpper } from '../miner/bounds.ts';
import { sampleCost } from '../miner/sample-predicate.ts';
import { shareSelected } from '../miner/weighted.ts';
import { feltBy } from '../site/felt-by.ts';
import type { Scope } from '../site/scope.ts';
import { type SiteState, scopeId, type WatchedScope } from '../site/site-state.ts';
import type { Found } from './choose-signatures.ts';
import { goodSamples } from './good-traffic.ts';
import { isPlace, scopePredicates } from './signature-place.ts';

/** Clients that an analogue must be known by before anything is said about it in advance. */
const leastClients = 100;

/**
 * The signature at another endpoint; null when it says nothing but where it holds, or is told by what the people of its
 * endpoint do not have: those of another one may.
 */
export function movedTo(state: SiteState, scope: Scope, signature: Signature): Signature | null {
  const telling = signature.predicates.filter((predicate) => !isPlace(predicate));
  return telling.length === 0 || telling.some(({ op }) => op === 'not_in')
    ? null
    : { ...signature, predicates: [...scopePredicates(state, scope), ...telling] };
}

/**
 * Stopped on the web, an attacker goes to the app's endpoint for the same thing within seconds. Signatures go there with
 * the verdict that brings them, before he does, where they cost the people there no more than the policy allows.
 */
export function followAnalogues(
  state: SiteState,
  watched: WatchedScope,
  policy: Policy,
  fresh: readonly Found[],
  pane: number,
): Found[] {
  if (!policy.document.campaign['follow-analogues'] || watched.scope.kind !== 'endpoint') return [];
  const budget = policy.document.campaign['max-collateral'];
  const found: Found[] = [];
  for (const key of analoguesOf(state.inventory, watched.scope.key)) {
    const analogue = state.scopes.get(scopeId('endpoint', key));
    if (analogue === undefined) continue;
    const good = goodSamples(state, feltBy(state, analogue), pane);
    const clients = new Set(good.map(({ sample }) => sample.client)).size;
    if (clients < leastClients) continue;
    for (const live of fresh) {
      const signature = movedTo(state, analogue.scope, live.signature);
      if (signature === null) continue;
      const collateral = shareSelected(good, [sampleCost(signature)]);
      const collateralUpper = wilsonUpper(collateral, clients);
      // what is not needed yet must cost nobody anything
      if (collateral > 0 || collateralUpper > 2 * budget) continue;
      found.push({ ...live, signature, coverage: 0, collateral, collateralUpper });
    }
  }
  return found;
}
