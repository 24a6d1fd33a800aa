import type { Predicate, Signature } from '../../../../lib/contracts/generated.ts';
import { wilsonUpper } from '../miner/bounds.ts';
import { sampleCost } from '../miner/sample-predicate.ts';
import { shareSelected, type Weighted } from '../miner/weighted.ts';
import type { LiveSignature } from '../site/campaign-state.ts';
import type { Scope } from '../site/scope.ts';
import type { SiteState } from '../site/site-state.ts';
import type { Found } from './choose-signatures.ts';
import { scopePredicates, tellingOf } from './signature-place.ts';

/** Clients that an endpoint must be known by before a signature is sent there that was found elsewhere. */
const leastClients = 100;

/** A signature in force, and what it is at another endpoint. */
export interface Moved {
  readonly live: LiveSignature;
  readonly signature: Signature;
}

/**
 * The signature at another endpoint; null when it says nothing but where it holds, or is told by what the people of its
 * endpoint do not have: those of another one may.
 */
export function movedTo(
  state: SiteState,
  scope: Scope,
  signature: Signature,
  isOfPeople: (predicate: Predicate) => boolean = ({ op }) => op === 'not_in',
): Signature | null {
  const telling = tellingOf(signature);
  return telling.length === 0 || telling.some(isOfPeople)
    ? null
    : { ...signature, predicates: [...scopePredicates(state, scope), ...telling] };
}

/**
 * Of signatures moved to an endpoint those that cost none of its good clients anything, to an upper bound of `mostUpper`: what is not
 * needed yet, or stops what does no harm, must be free. None where too few are known.
 */
export function sentAhead(
  moved: readonly Moved[],
  good: readonly Weighted[],
  mostUpper: number,
): { readonly found: Found[]; readonly goodClients: number } {
  const goodClients = new Set(good.map(({ sample }) => sample.client)).size;
  const collateralUpper = wilsonUpper(0, goodClients);
  if (goodClients < leastClients || collateralUpper > mostUpper) return { found: [], goodClients };
  const free = moved.filter(({ signature }) => shareSelected(good, [sampleCost(signature)]) === 0);
  const found = free.map(
    ({ live, signature }): Found => ({ ...live, signature, coverage: 0, collateral: 0, collateralUpper }),
  );
  return { found, goodClients };
}
