import type { Outgoing } from '../../../lib/log/log.ts';
import { hasOperation } from '../../../lib/path/operations.ts';
import { verified } from '../../../lib/signature/standing.ts';
import type { Cap } from '../caps.ts';
import type { Traits } from '../endpoint-traits.ts';
import { isScoped } from '../groups.ts';
import { countIndex, flag, paneMs, spared, standingOf } from '../layout.ts';
import type { PaneGroup, Sample } from '../pane-group.ts';
import type { Policy } from '../policies/load-policies.ts';
import { type FeatureSpec, paneSpanMs } from '../policies/policy-schema.ts';
import { openCampaign, updateCampaigns } from './campaigns/campaigns.ts';
import { endRefuted } from './campaigns/refuted-campaigns.ts';
import { learnLikeness } from './site/alike.ts';
import { createBaseline, hold, rateKey, release } from './site/baseline.ts';
import { forgetBefore } from './site/before-onset.ts';
import { hasPrerequisite, type Journeys, requirementOf } from './site/journeys.ts';
import { judgeLocal } from './site/local-groups.ts';
import { covers, overlaps } from './site/route.ts';
import { noteRoute, withRoutes } from './site/routes.ts';
import {
  addPane,
  advanceScope,
  countsOf,
  createScope,
  type Scope,
  samplesIn,
  samplesOf,
  setCount,
  sum,
} from './site/scope.ts';
import { figuresOf } from './site/scope-figures.ts';
import { isBlind, noteGap, noteMissingHost } from './site/sight.ts';
import { halveMix, judgePane, learnMix } from './site/site-mix.ts';
import {
  featureValue,
  type LearnedFeatures,
  poolsOf,
  type ReduceSettings,
  type SiteState,
  scopeId,
  type WatchedScope,
  watchedScope,
} from './site/site-state.ts';

/** Fewer requests in a minute are no campaign. */
const leastRequests = 15;
/** Samples that one scope's normal mix may hold. */
const mostReference = 1200;
const leastReference = 150;

/** All scopes of a site together keep within the limit: many scopes, fewer samples each. */
function referenceLimit({ scopes }: SiteState, { config }: ReduceSettings): number {
  const share = Math.floor(config.limits.reference_samples / Math.max(1, scopes.size));
  return Math.max(leastReference, Math.min(mostReference, share));
}

const secondOf = (pane: number): number => (pane * paneMs) / 1000;

/** Reduces one pane of one site: learn, look, act. `merged` groups are sorted by kind and key. */
export function reducePane(
  state: SiteState,
  settings: ReduceSettings,
  pane: number,
  merged: readonly PaneGroup[],
): Outgoing[] {
  const outputs: Outgoing[] = [];
  const groups = withRoutes(state, merged, settings.config.samples);
  for (const { kind, key } of groups) if (kind === 'other') state.lost.set(key as Cap, secondOf(pane));
  noteGap(state, pane);
  learnLikeness(state, pane);
  forgetBefore(state);
  const present: WatchedScope[] = [];
  for (const group of groups) {
    if (!isScoped(group.kind)) continue;
    const watched = watch(state, settings, group, pane);
    if (watched === null) continue;
    advanceScope(watched.scope, pane, (end) => learn(state, settings, watched, end));
    addPane(watched.scope, pane, group);
    countUnusual(watched, pane);
    countBounced(watched, pane);
    if (settings.judged.has(watched.scope.kind))
      judgePane(watched.scope, pane, state.mix, genuineCountries(settings, state.site));
    present.push(watched);
  }
  noteMissingHost(state, pane);
  for (const watched of operationsFirst(present)) {
    if (sum(watched.scope, countIndex.requests, pane, 60) < leastRequests) continue;
    const figures = figuresOf(settings.figures, state, watched, pane);
    for (const rule of figures.rules) {
      if (takenBy(state, watched.scope, rule.policy)) continue;
      if (!rule.condition(figures) || rule.refuted?.(figures) === true) continue;
      outputs.push(...openCampaign(state, settings, watched, rule.policy, pane));
    }
  }
  outputs.push(...endRefuted(state, settings, pane), ...updateCampaigns(state, settings, pane));
  outputs.push(...judgeLocal(state, settings, pane, groups));
  return outputs;
}

/** What is said of an operation says more than what is said of the endpoint that serves it. */
function operationsFirst(present: readonly WatchedScope[]): readonly WatchedScope[] {
  const isOperation = ({ scope }: WatchedScope): boolean => hasOperation(scope.key);
  const operations = present.filter(isOperation);
  if (operations.length === 0) return present;
  return [...operations, ...present.filter((watched) => !isOperation(watched))];
}

/**
 * People whom a link leads somewhere go on from there within seconds, if they do; who is asked for a password there takes
 * half a minute. Panes ago: those who came then are asked about.
 */
const visits = [
  { arrived: 'arrived', count: 'bounced', from: 20, until: 8 },
  { arrived: null, count: 'abandoned', from: 50, until: 20 },
] as const;

/**
 * Direct requests whose visits have not gone on, and all there were then, as figures of this pane. A crowd that a
 * message leads somewhere, or an app that begins with a call of its own, goes on; who hammers one endpoint does not.
 */
function countBounced({ scope }: WatchedScope, pane: number): void {
  if (scope.kind !== 'endpoint') return;
  for (const { arrived, count, from, until } of visits) {
    const came = sum(scope, countIndex.direct, pane - until, from - until);
    const went = sum(scope, countIndex.went_on, pane, from);
    const perPane = (requests: number): number => Math.round(requests / (from - until));
    setCount(scope, countIndex[count], pane, perPane(Math.max(0, came - went)));
    if (arrived !== null) setCount(scope, countIndex[arrived], pane, perPane(came));
  }
}

/** Requests of the pane whose clients did not do before what practically all honest clients here do. */
function countUnusual({ scope, requirement }: WatchedScope, pane: number): void {
  if (requirement === null) return;
  let unusual = 0;
  for (const { weight } of samplesOf(
    scope,
    pane,
    1,
    (flags) => (flags & flag.verified) === 0 && !spared(flags, requirement.required),
  ))
    unusual += weight;
  setCount(scope, countIndex.unusual, pane, Math.round(unusual));
}

/** A scope that a campaign of weight already covers opens no second one. */
function takenBy(state: SiteState, scope: Scope, policy: Policy): boolean {
  // what only watches has nothing to add to what acts on an operation
  const watches = policy.document.campaign.signature !== 'edge';
  for (const campaign of state.campaigns.values()) {
    if (!campaign.scopes.some((taken) => (watches ? overlaps : covers)(taken, scope))) continue;
    if (campaign.simulated || policy.document.mode === 'simulate') {
      if (campaign.policy.document.id === policy.document.id) return true;
      continue;
    }
    if (campaign.behaviour !== null || campaign.policy.document.id === policy.document.id) return true;
  }
  return false;
}

function watch(
  state: SiteState,
  settings: ReduceSettings,
  group: PaneGroup,
  pane: number,
): WatchedScope | null {
  const id = scopeId(group.kind, group.key);
  let watched = state.scopes.get(id);
  if (watched === undefined) {
    // visits that go on from here are no requests here, and say nothing of what it is
    if (group.counts[countIndex.requests] === 0) return null;
    if (state.scopes.size >= settings.config.limits.scopes) {
      state.lost.set('scopes', secondOf(pane));
      if (!forgetIdle(state, pane)) return null;
    }
    watched = watchedScope(
      createScope(group, pane, (endpoint) => keepsMinutes(settings, group.kind, endpoint)),
      state.learned.get(id) ?? createBaseline(pane * paneMs),
    );
    state.learned.delete(id);
    if (group.kind === 'endpoint') updateRequirement(state, watched);
    noteRoute(state, settings, watched.scope);
    state.scopes.set(id, watched);
  }
  return watched;
}

/** Whether a policy asks for windows of this scope beyond a minute. */
export function keepsMinutes(settings: ReduceSettings, kind: string, endpoint: Traits): boolean {
  return settings.policies.some(
    (policy) =>
      policy.scope === kind &&
      policy.features.some(({ spec }) => spec.spanMs > paneSpanMs) &&
      policy.matches({ endpoint }),
  );
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

/** Makes room for a scope: the one idle longest goes, if it was idle for an hour. */
function forgetIdle(state: SiteState, pane: number): boolean {
  let oldest: string | null = null;
  let since = pane - 3600;
  for (const [id, { scope }] of state.scopes)
    if (scope.lastPane < since) {
      oldest = id;
      since = scope.lastPane;
    }
  if (oldest !== null) state.scopes.delete(oldest);
  return oldest !== null;
}

/** Ten seconds of a scope are over (`end` is the pane after them): hold them, and let in what was held long enough. */
function learn(state: SiteState, settings: ReduceSettings, watched: WatchedScope, end: number): void {
  const { scope, baseline } = watched;
  const now = end * paneMs;
  const { learning } = settings.config;
  const disturbed = [...state.campaigns.values()].some(
    (campaign) =>
      campaign.behaviour !== null &&
      !campaign.simulated &&
      (scope.kind === 'site' || campaign.scopes.some((taken) => overlaps(taken, scope))),
  );
  if (!disturbed && !isBlind(state, end)) {
    const { keys, specs } = settings.learned.get(scope.kind) ?? nothingLearned;
    hold(baseline, {
      at: now,
      counts: countsOf(scope, end - 1, 10),
      keys,
      values: specs.map((spec) => featureValue(state, scope, spec, end - 1) ?? Number.NaN),
      samples: samplesIn(scope, end - 1, 10),
      journeys: journeysOf(scope, end - 1),
    });
  }
  const { class: ofClass, host } = poolsOf(state, watched);
  const pools = ofClass === null || host === null ? [] : [ofClass, host];
  const learnSamples =
    scope.kind === 'site' && settings.judged.size > 0
      ? (samples: readonly Sample[]) => learnMix(state.mix, samples)
      : undefined;
  const { halvedAt } = baseline;
  if (
    release(
      baseline,
      now,
      learning,
      pools,
      state.firstPane * paneMs,
      referenceLimit(state, settings),
      learnSamples,
    )
  ) {
    watched.expected.clear();
    watched.primed.clear();
    watched.usual = null;
    if (scope.kind === 'endpoint') updateRequirement(state, watched);
  }
  // the mix forgets as the site does
  if (scope.kind === 'site' && baseline.halvedAt !== halvedAt) halveMix(state.mix);
}

/** What spoke for the clients of the last ten panes, where something leads to the scope by its nature. */
function journeysOf(scope: Scope, now: number): Journeys {
  const journeys: Journeys = new Map();
  if (scope.kind !== 'endpoint' || !hasPrerequisite(scope.traits.function)) return journeys;
  for (const { sample, weight } of samplesOf(scope, now, 10, () => true)) {
    const standing = standingOf(sample.flags);
    if ((standing & verified) === 0) journeys.set(standing, (journeys.get(standing) ?? 0) + weight);
  }
  return journeys;
}

/** Every feature that a policy names, by kind of scope: once, but for the rate that is learned anyway. */
export function learnedFeatures(policies: readonly Policy[]): ReduceSettings['learned'] {
  const kinds = new Map<string, Map<string, FeatureSpec>>();
  for (const { scope, features } of policies) {
    const ofKind = kinds.get(scope) ?? new Map<string, FeatureSpec>();
    kinds.set(scope, ofKind);
    for (const { key, spec } of features) if (key !== rateKey) ofKind.set(key, spec);
  }
  return new Map(
    [...kinds].map(([kind, features]) => [
      kind,
      { keys: [...features.keys()], specs: [...features.values()] },
    ]),
  );
}

const nothingLearned: LearnedFeatures = { keys: [], specs: [] };

function updateRequirement(state: SiteState, watched: WatchedScope): void {
  const { class: ofClass } = poolsOf(state, watched);
  watched.requirement = requirementOf(
    watched.scope.traits.function,
    watched.baseline.journeys,
    ofClass?.journeys ?? null,
  );
}
