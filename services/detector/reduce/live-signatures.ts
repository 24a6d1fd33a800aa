import type { Found } from './choose-signatures.ts';
import type { LiveSignature, OpenCampaign } from './open-campaign.ts';

/** Signatures of a campaign that select what it stops now. */
export function inForce({ signatures }: OpenCampaign): LiveSignature[] {
  return signatures.filter(({ untilAt }) => untilAt === null);
}

/** Puts a signature in force under a campaign's policy. `goodSample`: clients that its collateral was counted on. */
export function addSignature(
  campaign: OpenCampaign,
  { signature, coverage, lift, collateral, collateralUpper }: Found,
  goodSample: number,
  at: number,
): LiveSignature {
  const live: LiveSignature = {
    version: (campaign.signatures.at(-1)?.version ?? 0) + 1,
    signature,
    coverage,
    lift,
    collateral,
    collateralUpper,
    goodSample,
    fromAt: at,
    untilAt: null,
    verdictUntilAt: at + campaign.policy.document.action.ttl,
    verdictRevision: 0,
  };
  campaign.signatures.push(live);
  return live;
}

/** Ends what is said of a signature at once. Answers whether it still held: then the end has to be said. */
export function endVerdict(live: LiveSignature, at: number): boolean {
  if (live.verdictUntilAt <= at) return false;
  live.verdictUntilAt = at;
  return true;
}
