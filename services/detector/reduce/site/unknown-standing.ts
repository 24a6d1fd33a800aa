import { asksNoMoreThanPage, history } from '../../../../lib/signature/standing.ts';
import { attackedParts } from './attacked-parts.ts';
import { withUnseen } from './behaviour.ts';
import { otherWays } from './crowd.ts';
import { hasJourneys, shareRestingOn } from './journeys.ts';
import { samplePanes } from './scope.ts';
import { unseenElsewhere } from './sight.ts';
import { poolsOf, type SiteState, type WatchedScope } from './site-state.ts';

/**
 * Share of the honest clients at a scope of whom it is not known what speaks for them: they may have come from a host that
 * is missing, or, where more is asked of them than to have used the site (`required`), in a crowd that has its own ways, or have
 * used nothing but what is attacked as well.
 */
export function unknownStanding(
  state: SiteState,
  felt: WatchedScope,
  pane: number,
  required: number,
): number {
  const unseen = unseenElsewhere(state, felt, pane);
  const asksForWays = !asksNoMoreThanPage(required) && required !== history;
  const inCrowd = asksForWays ? withUnseen(unseen, otherWays(state, felt, pane, samplePanes)) : unseen;
  const attacked = attackedParts(state, felt);
  if (attacked === 0 || !hasJourneys(felt.scope.traits)) return inCrowd;
  const ofClass = poolsOf(state, felt).class?.journeys ?? null;
  return withUnseen(inCrowd, shareRestingOn(attacked, required, felt.baseline.journeys, ofClass));
}
