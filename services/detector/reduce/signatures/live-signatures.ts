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

/** What ended longer ago is not looked up for late requests any more, ms. */
const rememberEndedMs = 60 * 60_000;
/** Bytes of text that the signatures of one campaign may take: a record of the log has a limit. */
const mostText = 256 * 1024;

const textOf = ({ signature }: LiveSignature): number => canonicalSignature(signature).length;

/**
 * Forgets signatures that ended long ago and, where an attacker who changes his tools every minute makes them many, those
 * that ended first. The newest stays, so that versions count up; what is in force stays.
 */
export function forgetEnded(campaign: OpenCampaign, at: number): void {
  const { signatures } = campaign;
  const newest = signatures.at(-1);
  const mayGo = (live: LiveSignature): boolean => live.untilAt !== null && live !== newest;
  let kept = signatures.filter((live) => !mayGo(live) || live.untilAt! > at - rememberEndedMs);
  let text = kept.reduce((sum, live) => sum + textOf(live), 0);
  if (text > mostText)
    for (const live of kept.filter(mayGo).sort((a, b) => a.untilAt! - b.untilAt! || a.version - b.version)) {
      if (text <= mostText) break;
      text -= textOf(live);
      kept = kept.filter((one) => one !== live);
    }
  if (kept.length < signatures.length) campaign.signatures = kept;
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
