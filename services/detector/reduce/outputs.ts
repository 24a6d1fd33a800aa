import type { Campaign, CampaignTick, Verdict } from '../../../lib/contracts/generated.ts';
import type { Outgoing } from '../../../lib/log/log.ts';

/** The key that brings all causes of one target to one decider. */
export function verdictKey(verdict: Verdict): string {
  return `${verdict.site}|${verdict.target.kind}|${verdict.target.value}`;
}

export function verdictOut(verdict: Verdict): Outgoing {
  return { topic: 'verdicts', key: verdictKey(verdict), type: 'Verdict', value: verdict };
}

export function campaignOut(campaign: Campaign): Outgoing {
  return { topic: 'campaigns', key: campaign.campaign_id, type: 'Campaign', value: campaign };
}

/** One tick for every partition of `campaigns`. */
export function tickOut(tick: CampaignTick, partitions: number): Outgoing[] {
  return Array.from({ length: partitions }, (_, partition) => ({
    topic: 'campaigns' as const,
    key: `tick-${tick.reducer}`,
    partition,
    type: 'CampaignTick' as const,
    value: tick,
  }));
}
