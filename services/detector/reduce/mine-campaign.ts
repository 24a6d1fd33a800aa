import type { Policy } from '../policies/load-policies.ts';
import { type Chosen, chooseSignatures, excessSamples } from './choose-signatures.ts';
import { followAnalogues } from './follow-analogues.ts';
import { addSignatures, endVerdict, inForce, newAmong } from './live-signatures.ts';
import { inForceAt, makeRoom } from './make-room.ts';
import { sampleSignature } from './miner/sample-predicate.ts';
import type { LiveSignature, OpenCampaign } from './open-campaign.ts';
import { effectiveAt, type ReduceSettings, type SiteState, type WatchedScope } from './site-state.ts';
import { weigh, weightSelected } from './weighted.ts';

/**
 * Adds signatures for what the campaign's present ones miss, and ends those that must give way. Answers all that came or
 * went: their verdicts are due once the campaign's evidence is fresh.
 */
export function mineCampaign(
  state: SiteState,
  settings: ReduceSettings,
  campaign: OpenCampaign,
  watched: WatchedScope,
  policy: Policy,
  pane: number,
): LiveSignature[] {
  campaign.lastMinedPane = pane;
  const at = effectiveAt(settings, pane);
  const changed: LiveSignature[] = [];
  const choose = (): Chosen | null =>
    chooseSignatures({
      state,
      watched,
      policy,
      behaviour: campaign.behaviour!,
      pane,
      present: inForceAt(state, campaign, watched),
    });
  const end = (live: LiveSignature): void => {
    live.untilAt = at;
    endVerdict(live, at);
    changed.push(live);
  };
  let chosen = choose();
  if (chosen === null) {
    for (const live of outlived(campaign, watched, pane)) end(live);
    if (changed.length > 0) chosen = choose();
  }
  if (chosen === null) {
    campaign.fruitless++;
    if (campaign.signatures.length === 0) campaign.appliedAction = weaker(policy);
    return changed;
  }
  const room = makeRoom(campaign, watched, newAmong(campaign, chosen.signatures), pane);
  for (const live of room.ended) end(live);
  const goodSample = Math.round(chosen.goodClients);
  const fresh = addSignatures(campaign, room.kept, goodSample, at);
  if (fresh.length > 0) {
    campaign.state = 'active';
    campaign.appliedAction = policy.document.action.kind;
  }
  const elsewhere = followAnalogues(state, watched, policy, fresh, pane);
  changed.push(...fresh, ...addSignatures(campaign, elsewhere, goodSample, at));
  campaign.fruitless = fresh.length === 0 ? campaign.fruitless + 1 : 0;
  return changed;
}

/** Selects less than this of the excess now. */
const outlivedShare = 0.01;

/** Signatures that cost honest requests and stop the attack no more: what they cost is wanted for its new shape. */
function outlived(campaign: OpenCampaign, watched: WatchedScope, pane: number): LiveSignature[] {
  const excess = excessSamples(watched, campaign.behaviour!, pane);
  const least = outlivedShare * weigh(excess);
  return inForce(campaign).filter(
    ({ collateral, signature }) =>
      collateral > 0 && weightSelected(excess, [sampleSignature(signature)]) < least,
  );
}

/** Nothing fits the budget: a fallback that needs no target is to observe; it is said, and nothing is widened. */
export function weaker(policy: Policy): string {
  return policy.document.action.fallback === 'tag' ? 'tag' : 'observe';
}
