import type { Outgoing } from '../../../lib/log/log.ts';
import { hasOperation } from '../../../lib/path/operations.ts';
import { type Cap, noteLoss } from '../caps.ts';
import { isScoped } from '../groups.ts';
import { countIndex, paneMs } from '../layout.ts';
import type { PaneGroup } from '../pane-group.ts';
import type { Policy } from '../policies/load-policies.ts';
import { openCampaign, updateCampaigns } from './campaigns/campaigns.ts';
import { canLend, lend } from './campaigns/lend-behaviours.ts';
import { isToldApart } from './campaigns/open-sooner.ts';
import { endRefuted } from './campaigns/refuted-campaigns.ts';
import { judgeLocal } from './local-groups.ts';
import { learnLikeness } from './site/alike.ts';
import { forgetBefore } from './site/before-onset.ts';
import type { OpenCampaign } from './site/campaign-state.ts';
import { countBounced, countUnusual } from './site/derived-counts.ts';
import { setCallersApart } from './site/known-callers.ts';
import { catchUp } from './site/learn-scope.ts';
import { readPages } from './site/page-reading.ts';
import { shareOutSamples } from './site/reference-limit.ts';
import { forgetRefuted, noteRefuted, wasRefuted } from './site/refutations.ts';
import { areAddressesOthers, areNetworksHidden, noteRerouted } from './site/rerouted.ts';
import { covers, overlaps } from './site/route.ts';
import { withRoutes } from './site/routes.ts';
import { addPane, type Scope, sum } from './site/scope.ts';
import { figuresOf } from './site/scope-figures.ts';
import { noteGap, noteMissingHost } from './site/sight.ts';
import { judgePane } from './site/site-mix.ts';
import type { ReduceSettings, SiteState, WatchedScope } from './site/site-state.ts';
import { watch } from './site/watch-scope.ts';

/** Fewer requests in a minute are no campaign. */
const leastRequests = 15;

/** Reduces one pane of one site: learn, look, act. `merged` groups are sorted by kind and key. */
export function reducePane(
  state: SiteState,
  settings: ReduceSettings,
  pane: number,
  merged: readonly PaneGroup[],
): Outgoing[] {
  const outputs: Outgoing[] = [];
  const groups = withRoutes(state, merged, settings.config.samples);
  for (const { kind, key } of groups) if (kind === 'other') noteLoss(state.lost, key as Cap, pane * paneMs);
  noteGap(state, pane);
  learnLikeness(state, pane);
  forgetBefore(state);
  forgetRefuted(state, pane);
  shareOutSamples(state, settings, pane);
  const present: WatchedScope[] = [];
  for (const group of groups) {
    if (!isScoped(group.kind)) continue;
    const watched = watch(state, settings, group, pane);
    if (watched === null) continue;
    catchUp(state, settings, watched, pane);
    addPane(watched.scope, pane, group);
    readPages(watched, pane);
    setCallersApart(watched, pane);
    countUnusual(watched, pane);
    countBounced(watched, pane);
    if (settings.judged.has(watched.scope.kind))
      judgePane(watched.scope, pane, state.mix, genuineCountries(settings, state.site));
    present.push(watched);
  }
  noteMissingHost(state, pane);
  noteRerouted(state, pane);
  for (const watched of areNetworksHidden(state) ? [] : operationsFirst(present)) {
    if (sum(watched.scope, countIndex.requests, pane, 60) < leastRequests) continue;
    const figures = figuresOf(settings.figures, state, watched, pane);
    for (const rule of figures.rules) {
      const holder = holderOf(state, watched.scope, rule.policy);
      if (holder !== null && !canLend(rule.policy, holder)) continue;
      const holds = rule.condition(figures);
      if (!holds && (holder !== null || rule.sooner?.(figures) !== true)) continue;
      if (rule.refuted?.(figures) === true) {
        noteRefuted(state, watched.scope, rule.policy, pane);
        continue;
      }
      if (holder === null && wasRefuted(state, watched.scope, rule.policy, pane)) continue;
      if (holder !== null) lend(state, watched, rule.policy, holder, pane);
      else if (holds || isToldApart(state, watched, rule.policy, pane))
        outputs.push(...openCampaign(state, settings, watched, rule.policy, pane));
    }
  }
  outputs.push(...endRefuted(state, settings, pane), ...updateCampaigns(state, settings, pane));
  if (!areAddressesOthers(state)) outputs.push(...judgeLocal(state, settings, pane, groups));
  return outputs;
}

/** What is said of an operation says more than what is said of the endpoint that serves it. */
function operationsFirst(present: readonly WatchedScope[]): readonly WatchedScope[] {
  const isOperation = ({ scope }: WatchedScope): boolean => hasOperation(scope.key);
  const operations = present.filter(isOperation);
  if (operations.length === 0) return present;
  return [...operations, ...present.filter((watched) => !isOperation(watched))];
}

/** The campaign of weight that covers a scope already: none is opened beside it. */
function holderOf(state: SiteState, scope: Scope, policy: Policy): OpenCampaign | null {
  // what only watches has nothing to add to what acts on an operation
  const watches = policy.document.campaign.signature !== 'edge';
  for (const campaign of state.campaigns.values()) {
    if (!campaign.scopes.some((taken) => (watches ? overlaps : covers)(taken, scope))) continue;
    const isOwn = campaign.policy.document.id === policy.document.id;
    const isBeside = campaign.simulated || policy.document.mode === 'simulate';
    if (isOwn || (!isBeside && campaign.behaviour !== null)) return campaign;
  }
  return null;
}

const genuine = new WeakMap<ReduceSettings, Map<string, ReadonlySet<string>>>();

/** Countries that the configuration names for a site; null: they are learned. */
function genuineCountries(settings: ReduceSettings, site: string): ReadonlySet<string> | null {
  let sites = genuine.get(settings);
  if (sites === undefined) {
    const { business_countries: named } = settings.config;
    sites = new Map(Object.entries(named).map(([id, countries]) => [id, new Set(countries)]));
    genuine.set(settings, sites);
  }
  return sites.get(site) ?? null;
}
