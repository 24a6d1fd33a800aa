import type { CampaignAt } from './campaign-at.ts';
import { feltBy } from './felt-by.ts';
import { goodSamples } from './good-traffic.ts';
import { endSignature } from './live-signatures.ts';
import { ownAt } from './make-room.ts';
import { sampleCost } from './miner/sample-predicate.ts';
import type { LiveSignature } from './open-campaign.ts';
import { unseenElsewhere } from './sight.ts';
import { effectiveAt } from './site-state.ts';
import { shareSelected } from './weighted.ts';

/**
 * Signatures that spare the good select everybody whose good behaviour the log does not see. While a host is missing, those
 * end that would cost people more than the policy lets them, and the campaign looks for others. Answers those that ended.
 */
export function endForUnseen(here: CampaignAt): LiveSignature[] {
  const { state, settings, watched, policy, pane } = here;
  const felt = feltBy(state, watched);
  const unseen = unseenElsewhere(state, felt, pane);
  if (unseen === 0) return [];
  const sparing = ownAt(here).filter(({ signature }) => signature.except_good);
  if (sparing.length === 0) return [];
  const good = goodSamples(state, felt, pane);
  const most = policy.document.campaign['max-collateral-except-good'];
  const at = effectiveAt(settings, pane);
  const ended = sparing.filter(({ signature, collateral }) => {
    const everybody = shareSelected(good, [sampleCost({ ...signature, except_good: false, good_after: [] })]);
    return collateral + Math.max(0, everybody - collateral) * unseen > most;
  });
  for (const live of ended) endSignature(live, at);
  return ended;
}
