import { sparedBy } from '../../../../lib/signature/standing.ts';
import { sampleCost } from '../miner/sample-predicate.ts';
import { shareSelected } from '../miner/weighted.ts';
import { goodSamples } from '../signatures/good-traffic.ts';
import { endSignature } from '../signatures/live-signatures.ts';
import { ownAt } from '../signatures/make-room.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import type { LiveSignature } from '../site/campaign-state.ts';
import { feltBy } from '../site/felt-by.ts';
import { effectiveAt } from '../site/site-state.ts';
import { unknownStanding } from '../site/unknown-standing.ts';

/**
 * Signatures that spare the good select everybody of whom nobody knows that he is. While that may be many, those end that
 * would cost people more than the policy lets them, and the campaign looks for others. Answers those that ended.
 */
export function endForUnseen(here: CampaignAt): LiveSignature[] {
  const { state, settings, watched, policy, pane } = here;
  const felt = feltBy(state, watched);
  const unknownOf = ({ signature }: LiveSignature): number =>
    unknownStanding(state, felt, pane, sparedBy(signature) ?? 0);
  const sparing = ownAt(here)
    .filter(({ signature }) => signature.except_good)
    .map((live) => ({ live, unknown: unknownOf(live) }))
    .filter(({ unknown }) => unknown > 0);
  if (sparing.length === 0) return [];
  const good = goodSamples(state, felt, pane);
  const most = policy.document.campaign['max-collateral-except-good'];
  const at = effectiveAt(settings, pane);
  const ended: LiveSignature[] = [];
  for (const { live, unknown } of sparing) {
    const { signature, collateral } = live;
    const everybody = shareSelected(good, [sampleCost({ ...signature, except_good: false, good_after: [] })]);
    if (collateral + Math.max(0, everybody - collateral) * unknown > most) ended.push(live);
  }
  for (const live of ended) endSignature(live, at);
  return ended;
}
