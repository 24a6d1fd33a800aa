import { canonicalSignature } from '../../../../lib/signature/signature.ts';
import { inForce, type LiveSignature, type OpenCampaign } from '../site/campaign-state.ts';
import type { Found } from './choose-signatures.ts';

/** Those that are not in force, each once. */
export function newAmong<F extends Found>(campaign: OpenCampaign, found: readonly F[]): F[] {
  const known = new Set(inForce(campaign).map(({ signature }) => canonicalSignature(signature)));
  return found.filter(({ signature }) => {
    const name = canonicalSignature(signature);
    if (known.has(name)) return false;
    known.add(name);
    return true;
  });
}

/**
 * Puts signatures in force under a campaign's policy and answers those that were not yet. `goodSample`: clients that
 * their collateral was counted on.
 */
export function addSignatures(
  campaign: OpenCampaign,
  found: readonly Found[],
  goodSample: number,
  at: number,
): LiveSignature[] {
  const last = campaign.signatures.at(-1)?.version ?? 0;
  const added = newAmong(campaign, found).map(
    ({ signature, coverage, lift, collateral, collateralUpper }, index): LiveSignature => ({
      version: last + index + 1,
      signature,
      coverage,
      lift,
      collateral,
      collateralUpper,
      goodSample,
      fromAt: at,
      untilAt: null,
      verdictUntilAt: at + campaign.policy.document.action.ttl,
    }),
  );
  campaign.signatures.push(...added);
  return added;
}

/** Ends what is said of a signature at once. Answers whether it still held: then the end has to be said. */
export function endVerdict(live: LiveSignature, at: number): boolean {
  if (live.verdictUntilAt <= at) return false;
  live.verdictUntilAt = at;
  return true;
}

/** Takes a signature out of force, and ends what is said of it. */
export function endSignature(live: LiveSignature, at: number): void {
  live.untilAt = at;
  endVerdict(live, at);
}
