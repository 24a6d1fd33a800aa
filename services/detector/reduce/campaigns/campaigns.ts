import type { Outgoing } from '../../../../lib/log/log.ts';
import { countIndex, paneMs } from '../../layout.ts';
import type { Policy } from '../../policies/load-policies.ts';
import { termsOf } from '../../verdict.ts';
import { sampleSignature } from '../miner/sample-predicate.ts';
import { weightSelected } from '../miner/weighted.ts';
import { followTool } from '../signatures/follow-tool.ts';
import { addSignatures } from '../signatures/live-signatures.ts';
import { going, isFew, strongest } from '../signatures/strongest-behaviour.ts';
import { discardHeld, rateKey } from '../site/baseline.ts';
import { noteBefore } from '../site/before-onset.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import { inForce, type LiveSignature, type OpenCampaign } from '../site/campaign-state.ts';
import { areNetworksHidden } from '../site/rerouted.ts';
import { overlaps } from '../site/route.ts';
import { rate, samplesOf, sum } from '../site/scope.ts';
import { figuresOf } from '../site/scope-figures.ts';
import {
  contrastOf,
  effectiveAt,
  normal,
  policyOf,
  type ReduceSettings,
  type SiteState,
  scopeId,
  type WatchedScope,
} from '../site/site-state.ts';
import { adjustSparing } from './adjust-sparing.ts';
import { countedScopes } from './counted-scopes.ts';
import { joinCampaign } from './join-campaign.ts';
import { endForLetIn } from './let-in.ts';
import { mineInTurn } from './mine-campaign.ts';
import { campaignRecord, newCampaign, publishPanes, verdictsOn } from './open-campaign.ts';
import { campaignOut } from './outputs.ts';
import { mostSurging, refreshCampaign } from './refresh-campaign.ts';
import { isDue, searchOn } from './search-on.ts';
import { endForUnseen } from './unseen-good.ts';

/** A policy's condition holds for a scope without a campaign. */
export function openCampaign(
  state: SiteState,
  settings: ReduceSettings,
  watched: WatchedScope,
  policy: Policy,
  pane: number,
): Outgoing[] {
  const acting = policy.document.campaign.signature === 'edge';
  const most = acting ? strongest(state, watched, policy, pane) : null;
  if (acting && (most === null || isFew(state, watched, most, pane))) return [];
  const behaviour = most?.behaviour ?? null;
  const simulated = policy.document.mode === 'simulate';
  let open = 0;
  for (const other of state.campaigns.values()) if (other.simulated === simulated) open++;
  if (open >= settings.config.campaign.open) return [];
  const { scope } = watched;
  if (acting) {
    if (!simulated) {
      noteBefore(state, watched, pane);
      for (const held of state.scopes.values()) if (overlaps(scope, held.scope)) discardHeld(held.baseline);
      const site = state.scopes.get(scopeId('site', ''));
      if (site !== undefined) discardHeld(site.baseline);
    }
    const joined = joinCampaign(state, settings, watched, policy, behaviour!, pane);
    if (joined !== null) return joined;
  }
  const openedAt = pane * paneMs;
  const at = effectiveAt(settings, pane);
  const campaign = newCampaign({
    site: state.site,
    scope,
    policy: termsOf(policy),
    openedAt,
    effectiveFrom: at,
    behaviour,
    baselineRung: normal(state, watched, rateKey).rung,
  });
  state.campaigns.set(campaign.id, campaign);
  const here: CampaignAt = { state, settings, campaign, watched, policy, pane };
  const changed = acting ? mineInTurn(here, { behaviour: behaviour!, missed: 1, software: [] }, []) : [];
  refreshCampaign(here, true);
  return [campaignOut(campaignRecord(campaign, at)), ...verdictsOn(campaign, changed, at)];
}

/** Requests, beyond three times those of honest people that signatures select, by which a campaign shows. */
const leastShown = 2;

/** Whether what signatures in force selected in the last `panes` is more than the honest requests among it can be. */
function shows(
  selected: number,
  live: readonly LiveSignature[],
  { scope }: WatchedScope,
  pane: number,
  panes: number,
): boolean {
  const upper = live.reduce((most, { collateralUpper }) => Math.max(most, collateralUpper), 0);
  return selected > leastShown + 3 * upper * sum(scope, countIndex.requests, pane, panes);
}

/** A campaign that only watches: is there still what it was opened for. */
function watchOn({ state, settings, campaign, watched, policy, pane }: CampaignAt): void {
  if (
    policy.document.campaign.signature === 'none' &&
    (rate(watched.scope, pane, 10) > 3 * normal(state, watched, rateKey).p99 ||
      settings.figures.of(policy).condition(figuresOf(settings.figures, state, watched, pane)))
  )
    campaign.lastActivePane = pane;
}

/** A campaign that acts, at one of its scopes: is it going on, and do its signatures still cover it. */
function actOn(here: CampaignAt, counts: boolean): LiveSignature[] {
  const { state, campaign, watched, pane } = here;
  const behaviour = campaign.behaviour!;
  const { scope } = watched;
  const live = inForce(campaign);
  const tests = live.map(({ signature }) => sampleSignature(signature));
  const selected = (panes: number): number =>
    weightSelected(
      samplesOf(scope, pane, panes, () => true),
      tests,
    );
  const matched = selected(1);
  if (counts) {
    campaign.excess += Math.max(0, contrastOf(state, watched, behaviour, pane, 1).excess);
    campaign.requests += matched;
  }
  const window = contrastOf(state, watched, behaviour, pane, 10);
  const goes = window.excess >= going.excess && window.surprise >= going.surprise;
  if (
    goes ||
    shows(matched, live, watched, pane, 1) ||
    // a probe lets little through: what one second of it does not show, ten do
    (campaign.state === 'stopped' && shows(selected(10), live, watched, pane, 10))
  )
    campaign.lastActivePane = pane;
  const changed = [...endForLetIn(here), ...adjustSparing(here), ...endForUnseen(here)];
  return changed.length === 0 && isDue(here) && !areNetworksHidden(state) ? searchOn(here) : changed;
}

/** Gives verdicts in force another time to live when half of theirs is used up, while the campaign is seen. */
function renew(campaign: OpenCampaign, pane: number, at: number): LiveSignature[] {
  if (campaign.lastActivePane < pane - publishPanes) return [];
  const { ttl } = campaign.policy.document.action;
  return inForce(campaign).filter((live) => {
    if (live.fromAt === at || live.verdictUntilAt - at > ttl / 2) return false;
    live.verdictUntilAt = at + ttl;
    return true;
  });
}

/** After each pane: is it still going on, is it still covered, is it time to say so. */
export function updateCampaigns(state: SiteState, settings: ReduceSettings, pane: number): Outgoing[] {
  const outputs: Outgoing[] = [];
  for (const campaign of state.campaigns.values()) {
    if (campaign.openedAt === pane * paneMs) continue;
    const policy = policyOf(settings, campaign);
    const counted = countedScopes(campaign.scopes);
    const changed: LiveSignature[] = [];
    const seen: WatchedScope[] = [];
    for (const name of campaign.scopes) {
      const watched = state.scopes.get(scopeId(name.kind, name.key));
      if (watched === undefined || watched.scope.lastPane !== pane) continue;
      seen.push(watched);
      const counts = counted.includes(name);
      const here: CampaignAt = { state, settings, campaign, watched, policy, pane };
      if (campaign.behaviour !== null) changed.push(...actOn(here, counts));
      else {
        watchOn(here);
        if (counts) campaign.requests += sum(watched.scope, countIndex.requests, pane, 1);
      }
    }
    const [first, ...others] = seen;
    if (first === undefined) continue;
    if (campaign.behaviour !== null && !areNetworksHidden(state)) {
      const tool = followTool(state, campaign, policy, pane);
      changed.push(...addSignatures(campaign, tool.found, tool.goodClients, effectiveAt(settings, pane)));
    }
    const back = campaign.state === 'stopped' && campaign.lastActivePane === pane;
    if (back) campaign.state = 'active';
    const isNews = back || changed.length > 0;
    if (!isNews && pane - campaign.publishedPane < publishPanes) continue;
    campaign.publishedPane = pane;
    const at = effectiveAt(settings, pane);
    const watched = mostSurging(state, [first, ...others], pane);
    refreshCampaign({ state, settings, campaign, watched, policy, pane }, isNews);
    changed.push(...renew(campaign, pane, at));
    outputs.push(campaignOut(campaignRecord(campaign, at)), ...verdictsOn(campaign, changed, at));
  }
  return outputs;
}
