import type { Campaign, Verdict } from '../../../lib/contracts/generated.ts';
import type { Policy } from '../policies/load-policies.ts';
import { verdictOf } from '../verdict.ts';
import type { Member } from './members.ts';

/** The verdict on an address, or its /64, that a campaign's signature selects again and again. */
export function memberVerdict(
  campaign: Campaign,
  policy: Policy,
  member: Member,
  { inputs, degraded }: Pick<Verdict, 'inputs' | 'degraded'>,
  at: number,
): Verdict {
  return verdictOf(policy, {
    opened_at: campaign.opened_at,
    revision: member.revision,
    updated_at: at,
    site: campaign.site,
    target: { kind: member.target.includes('/') ? 'cidr' : 'ip', value: member.target, signature: null },
    // an address that comes back is listed again: no escalation, its owner may be somebody else by then
    action: {
      ...campaign.action,
      kind: campaign.applied_action,
      ttl_ms: member.untilAt - at,
      escalate_ms: [],
    },
    campaign_id: campaign.campaign_id,
    decided_at: member.decidedAt,
    first_seen_at: member.firstSeenAt,
    until_at: member.untilAt,
    reason: `${member.target} sent ${member.hits} requests that the signature of its campaign selects. ${campaign.reason}`,
    evidence: campaign.evidence,
    taxonomy: campaign.taxonomy,
    // a copy: the member goes on
    sample_event_ids: [...member.samples],
    inputs,
    degraded,
    baseline_rung: campaign.baseline_rung,
  });
}
