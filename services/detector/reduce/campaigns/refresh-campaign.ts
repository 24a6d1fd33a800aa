import { degradedBy, degradedTogether } from '../../caps.ts';
import { paneMs } from '../../layout.ts';
import { longestSpanMs } from '../../policies/load-policies.ts';
import { behaviourFlag } from '../signatures/excess-samples.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import { distinct, rate, samplesOf } from '../site/scope.ts';
import { type SiteState, scopeId, timesUsual, type WatchedScope } from '../site/site-state.ts';
import { describe } from './describe.ts';

/** The scope that is furthest above its usual rate. */
export function mostSurging(
  state: SiteState,
  [first, ...others]: readonly [WatchedScope, ...WatchedScope[]],
  pane: number,
): WatchedScope {
  let most = first;
  let top = timesUsual(state, first, pane);
  for (const watched of others) {
    const own = timesUsual(state, watched, pane);
    if (own > top) [most, top] = [watched, own];
  }
  return most;
}

/** From this share of the peak on, what is seen now is what the campaign is; below it has gone by. */
const stillStrong = 0.5;

/**
 * Brings figures up to date. Words and evidence stay those of a strong moment, or of the last change: when all is over
 * the last minute looks like any other, and says nothing of what happened.
 */
export function refreshCampaign(here: CampaignAt, isNews: boolean): void {
  const { state, settings, campaign, watched, policy, pane } = here;
  const { scope } = watched;
  const now = rate(scope, pane, 5);
  const ratio = timesUsual(state, watched, pane);
  campaign.peakRatio = Math.max(campaign.peakRatio ?? 0, ratio);
  const site = state.scopes.get(scopeId('site', ''));
  const all = site === undefined ? 0 : rate(site.scope, pane, 5);
  if (all > 0) campaign.share = Math.max(campaign.share ?? 0, Math.min(1, now / all));
  campaign.clients = Math.max(campaign.clients, distinct(scope, 'clients', pane, 60));
  const wanted = campaign.behaviour === null ? () => true : behaviourFlag(campaign.behaviour, watched);
  if (campaign.sampleIds.length < 10)
    campaign.sampleIds = [
      ...new Set([
        ...campaign.sampleIds,
        ...samplesOf(scope, pane, 5, wanted).map(({ sample }) => sample.event_id),
      ]),
    ].slice(0, 10);
  campaign.degraded = degradedTogether(campaign.degraded, degradedBy(state.lost, pane * paneMs));
  if (!isNews && ratio < stillStrong * campaign.peakRatio) return;
  const said = describe(here);
  campaign.evidence = said.evidence;
  campaign.reason = said.reason;
  campaign.inputs = settings.inputs(pane, longestSpanMs(policy) / paneMs);
}
