import type { Signature } from '../../../../lib/contracts/generated.ts';
import type { CountName } from '../../layout.ts';
import { sampleSignature } from '../miner/sample-predicate.ts';
import { weightSelected } from '../miner/weighted.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import { inForce, type LiveSignature } from '../site/campaign-state.ts';
import { feltBy } from '../site/felt-by.ts';
import type { Found } from './choose-signatures.ts';
import { excessSamples } from './excess-samples.ts';
import { holdsAt } from './signature-place.ts';

/** Signatures of a campaign that are in force at one endpoint. */
const mostSignatures = 16;
/** Requests of the excess by which signatures are compared. */
const comparedSamples = 400;

/** Signatures of a campaign in force at the endpoint of one of its scopes. */
export function ownAt({ campaign, watched }: CampaignAt): LiveSignature[] {
  return inForce(campaign).filter(({ signature }) => holdsAt(signature, watched.scope));
}

/**
 * An attacker who re-tools for hours, or looks like so many things that each signature selects a little, needs more
 * signatures than an edge has room for: those that select least of the present excess give way, be they old or new.
 */
export function makeRoom(
  at: CampaignAt,
  behaviour: CountName,
  fresh: readonly Found[],
): { readonly kept: readonly Found[]; readonly ended: readonly LiveSignature[] } {
  const here = ownAt(at);
  const surplus = here.length + fresh.length - mostSignatures;
  if (surplus <= 0) return { kept: fresh, ended: [] };
  const excess = excessSamples(at.watched, behaviour, at.pane, undefined, comparedSamples);
  const weakest = [...here, ...fresh]
    .map((one) => ({ one, selects: weightSelected(excess, [sampleSignature(one.signature)]) }))
    // of equal ones the older goes
    .sort((a, b) => a.selects - b.selects)
    .slice(0, surplus);
  const leaving = new Set<LiveSignature | Found>(weakest.map(({ one }) => one));
  return {
    kept: fresh.filter((one) => !leaving.has(one)),
    ended: here.filter((one) => leaving.has(one)),
  };
}

/** Signatures of all campaigns that hold where a campaign's would: people there bear them together. */
export function inForceAt({ state, campaign, watched }: CampaignAt): Signature[] {
  const { scope } = feltBy(state, watched);
  const found: Signature[] = [];
  for (const other of state.campaigns.values()) {
    if (other.simulated !== campaign.simulated) continue;
    for (const { signature } of inForce(other))
      if (other === campaign || holdsAt(signature, scope)) found.push(signature);
  }
  return found;
}
