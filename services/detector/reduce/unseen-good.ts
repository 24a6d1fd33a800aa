import { history, sparedBy } from '../../../lib/signature/standing.ts';
import { withUnseen } from './behaviour.ts';
import type { CampaignAt } from './campaign-at.ts';
import { otherWays } from './crowd.ts';
import { feltBy } from './felt-by.ts';
import { goodSamples } from './good-traffic.ts';
import { endSignature } from './live-signatures.ts';
import { ownAt } from './make-room.ts';
import { sampleCost } from './miner/sample-predicate.ts';
import type { LiveSignature } from './open-campaign.ts';
import { samplePanes } from './scope.ts';
import { unseenElsewhere } from './sight.ts';
import { effectiveAt, type SiteState, type WatchedScope } from './site-state.ts';
import { shareSelected } from './weighted.ts';

/**
 * Share of the honest clients at a scope of whom it is not known what speaks for them: they may have come from a host that
 * is missing, or, where more is asked of them than to have used the site (`required`), in a crowd that has its own ways.
 */
export function unknownStanding(
  state: SiteState,
  felt: WatchedScope,
  pane: number,
  required: number,
): number {
  const unseen = unseenElsewhere(state, felt, pane);
  const asksForWays = required !== 0 && required !== history;
  return asksForWays ? withUnseen(unseen, otherWays(state, felt, pane, samplePanes)) : unseen;
}

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
