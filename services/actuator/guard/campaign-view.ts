import type { Campaign } from '../../../lib/contracts/generated.ts';
import type { Log } from '../../../lib/log/log.ts';
import { canonicalSignature } from '../../../lib/signature/signature.ts';

/** What the miner found about a signature. */
export interface SignatureFigures {
  readonly campaignId: string;
  /** Share of the campaign's excess that it selects. */
  readonly coverage: number;
  /** Share of good requests that it selects, upper bound. */
  readonly collateralUpper: number;
}

/** Campaigns as the topic says: the newest revision of each. */
export interface CampaignView {
  readonly caughtUp: Promise<void>;
  readonly done: Promise<void>;
  ofSignature(canonical: string): SignatureFigures | null;
  campaign(id: string): Campaign | null;
  /** Calls with every revision that comes after the start, and the one before it. */
  onCampaign(listener: (campaign: Campaign, before: Campaign | null) => void): void;
  close(): Promise<void>;
}

/** Closed campaigns are kept this many, the latest: their decisions may still hold. */
const maxClosed = 10_000;

export async function openCampaignView(log: Log): Promise<CampaignView> {
  const byId = new Map<string, Campaign>();
  const bySignature = new Map<string, SignatureFigures>();
  const closed: string[] = [];
  const listeners: ((campaign: Campaign, before: Campaign | null) => void)[] = [];
  let isCaughtUp = false;

  const learn = (campaign: Campaign): void => {
    const before = byId.get(campaign.campaign_id) ?? null;
    if (before !== null && before.revision >= campaign.revision) return;
    byId.set(campaign.campaign_id, campaign);
    for (const { signature, coverage, collateral_upper: upper } of campaign.signatures)
      bySignature.set(canonicalSignature(signature), {
        campaignId: campaign.campaign_id,
        coverage,
        collateralUpper: upper,
      });
    if (campaign.closed_at !== null && before?.closed_at == null) closed.push(campaign.campaign_id);
    while (closed.length > maxClosed) forget(closed.shift()!);
    if (isCaughtUp) for (const listener of listeners) listener(campaign, before);
  };
  const forget = (id: string): void => {
    for (const { signature } of byId.get(id)?.signatures ?? []) {
      const canonical = canonicalSignature(signature);
      if (bySignature.get(canonical)?.campaignId === id) bySignature.delete(canonical);
    }
    byId.delete(id);
  };
  const tail = await log.tail({
    topic: 'campaigns',
    from: 'earliest',
    onBatch: (batch) => {
      for (const record of batch.records) if (record.type === 'Campaign') learn(record.value);
    },
  });
  const caughtUp = tail.caughtUp.then(() => {
    isCaughtUp = true;
  });
  caughtUp.catch(() => {});
  return {
    caughtUp,
    done: tail.done,
    ofSignature: (canonical) => bySignature.get(canonical) ?? null,
    campaign: (id) => byId.get(id) ?? null,
    onCampaign: (listener) => {
      listeners.push(listener);
    },
    close: () => tail.close(),
  };
}
