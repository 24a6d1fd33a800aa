import type { CountName } from '../../layout.ts';
import { sampleSignature } from '../miner/sample-predicate.ts';
import { weigh, weightSelected } from '../miner/weighted.ts';
import { excessSamples } from '../signatures/excess-samples.ts';
import { ownAt } from '../signatures/make-room.ts';
import { holdsAt } from '../signatures/signature-place.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import type { LiveSignature } from '../site/campaign-state.ts';
import { scopeId } from '../site/site-state.ts';

/** Selects less than this of the excess now. */
const outlivedShare = 0.01;

/**
 * Signatures that cost honest requests here and stop the attack no more, here or at another of the campaign's scopes: what
 * they cost is wanted for its new shape.
 */
export function outlived(here: CampaignAt, behaviour: CountName): LiveSignature[] {
  const { state, campaign, pane } = here;
  const costly = ownAt(here).filter(({ collateral }) => collateral > 0);
  if (costly.length === 0) return [];
  const shown = campaign.scopes
    .flatMap(({ kind, key }) => state.scopes.get(scopeId(kind, key)) ?? [])
    .map((watched) => ({ scope: watched.scope, excess: excessSamples(watched, behaviour, pane) }));
  return costly.filter(({ signature }) => {
    const test = sampleSignature(signature);
    return shown.every(
      ({ scope, excess }) =>
        !holdsAt(signature, scope) || weightSelected(excess, [test]) < outlivedShare * weigh(excess),
    );
  });
}
