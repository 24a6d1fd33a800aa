import { asksNoMoreThanPage, history } from '../../../../lib/signature/standing.ts';
import { withUnseen } from './behaviour.ts';
import { otherWays } from './crowd.ts';
import { samplePanes } from './scope.ts';
import { unseenElsewhere } from './sight.ts';
import type { SiteState, WatchedScope } from './site-state.ts';

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
  const asksForWays = !asksNoMoreThanPage(required) && required !== history;
  return asksForWays ? withUnseen(unseen, otherWays(state, felt, pane, samplePanes)) : unseen;
}
