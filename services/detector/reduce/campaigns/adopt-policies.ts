import type { Outgoing } from '../../../../lib/log/log.ts';
import type { Policy } from '../../policies/load-policies.ts';
import { termsOf } from '../../verdict.ts';
import { addSignatures, endVerdict } from '../signatures/live-signatures.ts';
import { inForce, type OpenCampaign } from '../site/campaign-state.ts';
import { createMinutes } from '../site/scope.ts';
import { effectiveAt, type ReduceSettings, type SiteState, scopeId } from '../site/site-state.ts';
import { keepsMinutes } from '../site/watch-scope.ts';
import { weaker } from './mine-campaign.ts';
import { campaignRecord, verdictsOn } from './open-campaign.ts';
import { campaignOut } from './outputs.ts';

/**
 * From `pane` on the policies of `settings` hold. A campaign whose policy says something else now goes on under what it
 * says: its signatures get new versions and new verdicts, the old ones end at that moment. One whose policy is gone, or
 * asks for something of another kind, ends with all its verdicts: to turn a policy off takes back what it stopped.
 */
export function adoptPolicies(state: SiteState, settings: ReduceSettings, pane: number): Outgoing[] {
  const at = effectiveAt(settings, pane);
  const outputs: Outgoing[] = [];
  for (const [id, campaign] of state.campaigns) {
    const { document, hash } = campaign.policy;
    const policy = settings.policies.find((one) => one.document.id === document.id);
    if (policy?.hash === hash) continue;
    const said = inForce(campaign);
    const ended = endVerdicts(campaign, at);
    let renewed: Outgoing[] = [];
    if (policy === undefined || !goesOn(state, campaign, policy)) {
      campaign.state = 'ended';
      state.campaigns.delete(id);
    } else {
      if (campaign.appliedAction === document.action.kind)
        campaign.appliedAction = policy.document.action.kind;
      else if (campaign.signatures.length === 0) campaign.appliedAction = weaker(policy);
      campaign.policy = termsOf(policy);
      const again = said.flatMap((live) => addSignatures(campaign, [live], live.goodSample, at));
      renewed = verdictsOn(campaign, again, at);
    }
    outputs.push(campaignOut(campaignRecord(campaign, at)), ...ended, ...renewed);
  }
  for (const { scope } of state.scopes.values())
    if (keepsMinutes(settings, scope.kind, scope.traits)) scope.minutes ??= createMinutes();
  return outputs;
}

/** What opened the campaign would still be looked at, and in the same way. */
function goesOn(state: SiteState, campaign: OpenCampaign, { scope, document, matches }: Policy): boolean {
  const first = campaign.scopes[0]!;
  const watched = state.scopes.get(scopeId(first.kind, first.key));
  const { mode, campaign: before } = campaign.policy.document;
  return (
    scope === first.kind &&
    mode === document.mode &&
    before.kind === document.campaign.kind &&
    before.signature === document.campaign.signature &&
    (watched === undefined || matches({ endpoint: watched.scope.traits }))
  );
}

/** Takes back what the campaign says: the last revisions of the verdicts that still hold. */
function endVerdicts(campaign: OpenCampaign, at: number): Outgoing[] {
  for (const live of campaign.signatures) live.untilAt ??= at;
  const ended = campaign.signatures.filter((live) => endVerdict(live, at));
  return verdictsOn(campaign, ended, at);
}
