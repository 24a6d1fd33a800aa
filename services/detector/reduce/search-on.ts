import type { Policy } from '../policies/load-policies.ts';
import { chooseAnew } from './choose-anew.ts';
import { inForce } from './live-signatures.ts';
import { mineCampaign, replace } from './mine-campaign.ts';
import type { LiveSignature, OpenCampaign } from './open-campaign.ts';
import { type ReduceSettings, type SiteState, scopeId, type WatchedScope } from './site-state.ts';
import { mostMissed, showing } from './strongest-behaviour.ts';

/** Look for further signatures when those in force miss more than this of the excess, honest look-alikes aside. */
const tolerated = 0.015;
/** Panes between two searches; doubled by each that finds nothing new, unless so many times as much is missed by then. */
const pausePanes = 3;
const longestPause = 60;
const muchMore = 2;

const searchOf = (campaign: OpenCampaign, { scope }: WatchedScope) =>
  campaign.searches.get(scopeId(scope.kind, scope.key));

/** Whether it is time to look whether signatures still cover what a scope of a campaign shows. */
export function isDue(campaign: OpenCampaign, watched: WatchedScope, pane: number): boolean {
  const search = searchOf(campaign, watched);
  return search === undefined || pane - search.pane >= pausePanes;
}

/** Looks for better signatures, or for more, where there is reason to. Answers those that came or went. */
export function searchOn(
  state: SiteState,
  settings: ReduceSettings,
  campaign: OpenCampaign,
  watched: WatchedScope,
  policy: Policy,
  pane: number,
): LiveSignature[] {
  const signatures = inForce(campaign).map(({ signature }) => signature);
  const shown = showing(state, watched, policy, pane);
  const most = mostMissed(shown, signatures);
  const whole = mostMissed(shown, []);
  if (most === null || whole === null) return [];
  const anew = chooseAnew(state, campaign, watched, policy, pane, whole.behaviour);
  const changed = anew === null ? [] : replace(state, settings, campaign, watched, policy, pane, anew);
  if (changed.length > 0) return changed;
  if (most.missed <= tolerated) return [];
  const search = searchOf(campaign, watched);
  if (search !== undefined && most.missed < muchMore * search.missed) {
    const pause = Math.min(longestPause, pausePanes * 2 ** search.fruitless);
    if (pane - search.pane < pause) return [];
  }
  return mineCampaign(state, settings, campaign, watched, policy, pane, most);
}
