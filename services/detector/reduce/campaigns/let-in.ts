import { believedOf } from '../signatures/gets-in.ts';
import { endSignature } from '../signatures/live-signatures.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import { inForce, type LiveSignature } from '../site/campaign-state.ts';
import { effectiveAt } from '../site/site-state.ts';

/** Whether that has turned out is looked every so many panes. */
const lookPanes = 3;

/**
 * Ends signatures, wherever they hold, of which it has turned out that they select people. Not at a log-in: what is stopped there is
 * let in no more. Answers those that ended.
 */
export function endForLetIn(here: CampaignAt): LiveSignature[] {
  if (here.pane % lookPanes !== 0 || here.watched.scope.traits.function === 'login') return [];
  const ended = inForce(here.campaign).filter(({ signature }) => believedOf(here, signature) === 'people');
  for (const live of ended) endSignature(live, effectiveAt(here.settings, here.pane));
  return ended;
}
