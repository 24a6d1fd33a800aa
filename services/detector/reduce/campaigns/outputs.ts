import type { Campaign, CampaignTick } from '../../../../lib/contracts/generated.ts';
import type { Outgoing } from '../../../../lib/log/log.ts';

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
