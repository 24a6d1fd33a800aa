import type { AttributeSample } from '../../../lib/contracts/generated.ts';
import type { Outgoing } from '../../../lib/log/log.ts';
import { canonicalSignature } from '../../../lib/signature/signature.ts';
import { degradedBy, degradedTogether } from '../caps.ts';
import { countIndex, paneMs } from '../layout.ts';
import { longestSpanMs, type Policy } from '../policies/load-policies.ts';
import { termsOf, verdictOut } from '../verdict.ts';
import { discardHeld, rateKey } from './baseline.ts';
import { behaviourFlag, type Chosen, chooseSignatures, excessSamples } from './choose-signatures.ts';
import { countedScopes } from './counted-scopes.ts';
import { describe } from './describe.ts';
import { followAnalogues } from './follow-analogues.ts';
import { joinCampaign } from './join-campaign.ts';
import { inForceAt, makeRoom } from './make-room.ts';
import { sampleSignature } from './miner/sample-predicate.ts';
import {
  campaignId,
  campaignRecord,
  type LiveSignature,
  type OpenCampaign,
  publishPanes,
  signatureVerdict,
} from './open-campaign.ts';
import { campaignOut } from './outputs.ts';
import { distinct, rate, samplesOf, sum } from './scope.ts';
import {
  conditionValues,
  contrastOf,
  effectiveAt,
  normal,
  policyOf,
  type ReduceSettings,
  type SiteState,
  scopeId,
  type WatchedScope,
} from './site-state.ts';
import { going, isFew, strongest } from './strongest-behaviour.ts';

/** Re-mine when active signatures miss more than this of the excess, honest look-alikes aside. */
const mostMissed = 0.015;
/** Panes between two minings; doubled by each that finds nothing new. */
const minePausePanes = 3;
const longestMinePause = 60;

/** A policy's condition holds for a scope without a campaign. */
export function openCampaign(
  state: SiteState,
  settings: ReduceSettings,
  watched: WatchedScope,
  policy: Policy,
  pane: number,
): Outgoing[] {
  const acting = policy.document.campaign.signature === 'edge';
  const behaviour = acting ? strongest(state, watched, policy, pane) : null;
  if (acting && (behaviour === null || isFew(watched, behaviour, pane))) return [];
  const simulated = policy.document.mode === 'simulate';
  let open = 0;
  for (const other of state.campaigns.values()) if (other.simulated === simulated) open++;
  if (open >= settings.config.campaign.open) return [];
  const { scope } = watched;
  if (acting) {
    if (!simulated) {
      discardHeld(watched.baseline);
      const site = state.scopes.get(scopeId('site', ''));
      if (site !== undefined) discardHeld(site.baseline);
    }
    const joined = joinCampaign(state, settings, watched, policy, behaviour!, pane);
    if (joined !== null) return joined;
  }
  const openedAt = pane * paneMs;
  const at = effectiveAt(settings, pane);
  const campaign: OpenCampaign = {
    id: campaignId(state.site, scope.kind, scope.key, openedAt, simulated ? policy.document.id : null),
    site: state.site,
    policy: termsOf(policy),
    simulated,
    openedAt,
    effectiveFrom: at,
    scopes: [{ kind: scope.kind, key: scope.key }],
    behaviour,
    revision: 0,
    state: 'observed',
    appliedAction: 'observe',
    signatures: [],
    reason: '',
    evidence: [],
    inputs: [],
    baselineRung: normal(state, watched, rateKey).rung,
    lastActivePane: pane,
    lastMinedPane: pane,
    fruitless: 0,
    requests: 0,
    excess: 0,
    peakRatio: null,
    share: null,
    clients: 0,
    sampleIds: [],
    degraded: [],
    publishedPane: pane,
  };
  state.campaigns.set(campaign.id, campaign);
  const verdicts = acting ? mine(state, settings, campaign, watched, policy, pane) : [];
  refresh(state, settings, campaign, watched, policy, pane, true);
  return [campaignOut(campaignRecord(campaign, at)), ...verdicts.map((make) => make())];
}

/** Adds signatures for what the campaign's present ones miss. The verdicts are made after the evidence is fresh. */
function mine(
  state: SiteState,
  settings: ReduceSettings,
  campaign: OpenCampaign,
  watched: WatchedScope,
  policy: Policy,
  pane: number,
): (() => Outgoing)[] {
  campaign.lastMinedPane = pane;
  const at = effectiveAt(settings, pane);
  const made: (() => Outgoing)[] = [];
  const choose = (): Chosen | null =>
    chooseSignatures({
      state,
      watched,
      policy,
      behaviour: campaign.behaviour!,
      pane,
      present: inForceAt(state, campaign, watched),
    });
  const end = (live: LiveSignature): void => {
    live.untilAt = at;
    live.verdictUntilAt = at;
    made.push(() => verdictOut(signatureVerdict(campaign, live, at)));
  };
  let chosen = choose();
  if (chosen === null) {
    for (const live of outlived(campaign, watched, pane)) end(live);
    if (made.length > 0) chosen = choose();
  }
  if (chosen === null) {
    campaign.fruitless++;
    if (campaign.signatures.length === 0) campaign.appliedAction = weaker(policy);
    return made;
  }
  const fresh: LiveSignature[] = [];
  const inForce = new Set(
    campaign.signatures
      .filter(({ untilAt }) => untilAt === null)
      .map(({ signature }) => canonicalSignature(signature)),
  );
  const unknown = chosen.signatures.filter(({ signature }) => !inForce.has(canonicalSignature(signature)));
  const room = makeRoom(campaign, watched, unknown, pane);
  for (const live of room.ended) end(live);
  for (const found of room.kept) {
    const live: LiveSignature = {
      version: (campaign.signatures.at(-1)?.version ?? 0) + 1,
      signature: found.signature,
      coverage: found.coverage,
      lift: found.lift,
      collateral: found.collateral,
      collateralUpper: found.collateralUpper,
      goodSample: Math.round(chosen.goodClients),
      fromAt: at,
      untilAt: null,
      verdictUntilAt: at + policy.document.action.ttl,
      verdictRevision: 0,
    };
    campaign.signatures.push(live);
    fresh.push(live);
    campaign.state = 'active';
    campaign.appliedAction = policy.document.action.kind;
    made.push(() => verdictOut(signatureVerdict(campaign, live, at)));
  }
  for (const draft of followAnalogues(state, watched, policy, fresh, pane)) {
    const live: LiveSignature = { ...draft, version: campaign.signatures.at(-1)!.version + 1 };
    campaign.signatures.push(live);
    made.push(() => verdictOut(signatureVerdict(campaign, live, at)));
  }
  campaign.fruitless = fresh.length === 0 ? campaign.fruitless + 1 : 0;
  return made;
}

/** Selects less than this of the excess now. */
const outlivedShare = 0.01;

/** Signatures that cost honest requests and stop the attack no more: what they cost is wanted for its new shape. */
function outlived(campaign: OpenCampaign, watched: WatchedScope, pane: number): LiveSignature[] {
  const excess = excessSamples(watched, campaign.behaviour!, pane);
  const total = excess.reduce((sum, { weight }) => sum + weight, 0);
  return campaign.signatures.filter((live) => {
    if (live.untilAt !== null || live.collateral === 0) return false;
    const test = sampleSignature(live.signature);
    const hit = excess.reduce((sum, { sample, weight }) => (test(sample) ? sum + weight : sum), 0);
    return hit < outlivedShare * total;
  });
}

/** Nothing fits the budget: a fallback that needs no target is to observe; it is said, and nothing is widened. */
export function weaker(policy: Policy): string {
  return policy.document.action.fallback === 'tag' ? 'tag' : 'observe';
}

/** How many times its usual rate a scope has now. */
const surge = (state: SiteState, watched: WatchedScope, pane: number): number =>
  rate(watched.scope, pane, 5) / normal(state, watched, rateKey).p50;

/** From this share of the peak on, what is seen now is what the campaign is; below it has gone by. */
const stillStrong = 0.5;

/**
 * Brings figures up to date. Words and evidence stay those of a strong moment, or of the last change: when all is over
 * the last minute looks like any other, and says nothing of what happened.
 */
function refresh(
  state: SiteState,
  settings: ReduceSettings,
  campaign: OpenCampaign,
  watched: WatchedScope,
  policy: Policy,
  pane: number,
  isNews: boolean,
): void {
  const { scope } = watched;
  const now = rate(scope, pane, 5);
  const ratio = surge(state, watched, pane);
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
  campaign.degraded = degradedTogether(campaign.degraded, degradedBy(state.lost, (pane * paneMs) / 1000));
  if (!isNews && ratio < stillStrong * campaign.peakRatio) return;
  const said = describe(state, watched, policy, campaign, pane);
  campaign.evidence = said.evidence;
  campaign.reason = said.reason;
  campaign.inputs = settings.inputs(pane, longestSpanMs(policy) / paneMs);
}

/** Requests in ten seconds, beyond three times the usual, by which a probe shows that a stopped campaign goes on. */
const leastShown = 2;

/** A probe lets little through: what one second of it does not show, ten do. */
function showsAgain(
  campaign: OpenCampaign,
  { scope }: WatchedScope,
  tests: readonly ((sample: AttributeSample) => boolean)[],
  pane: number,
): boolean {
  if (campaign.state !== 'stopped') return false;
  let shown = 0;
  for (const { sample, weight } of samplesOf(scope, pane, 10, () => true))
    if (tests.some((test) => test(sample))) shown += weight;
  const upper = campaign.signatures.reduce(
    (most, { untilAt, collateralUpper }) => (untilAt === null ? Math.max(most, collateralUpper) : most),
    0,
  );
  return shown > leastShown + 3 * upper * sum(scope, countIndex.requests, pane, 10);
}

/** After each pane: is it still going on, is it still covered, is it time to say so. */
export function updateCampaigns(state: SiteState, settings: ReduceSettings, pane: number): Outgoing[] {
  const outputs: Outgoing[] = [];
  for (const campaign of state.campaigns.values()) {
    if (campaign.openedAt === pane * paneMs) continue;
    const policy = policyOf(settings, campaign);
    const at = effectiveAt(settings, pane);
    const made: (() => Outgoing)[] = [];
    let changed = false;
    let primary: WatchedScope | null = null;
    const counted = countedScopes(campaign.scopes);
    for (const name of campaign.scopes) {
      const { kind, key } = name;
      const watched = state.scopes.get(scopeId(kind, key));
      if (watched === undefined || watched.scope.lastPane !== pane) continue;
      const counts = counted.includes(name);
      if (primary === null || surge(state, watched, pane) > surge(state, primary, pane)) primary = watched;
      if (campaign.behaviour === null) {
        if (
          policy.document.campaign.signature === 'none' &&
          (rate(watched.scope, pane, 10) > 3 * normal(state, watched, rateKey).p99 ||
            policy.condition(conditionValues(state, watched, policy, pane)))
        )
          campaign.lastActivePane = pane;
        if (counts) campaign.requests += sum(watched.scope, countIndex.requests, pane, 1);
        continue;
      }
      const live = campaign.signatures.filter((signature) => signature.untilAt === null);
      const tests = live.map((signature) => sampleSignature(signature.signature));
      const window = contrastOf(state, watched, campaign.behaviour, pane, 10);
      if (counts)
        campaign.excess += Math.max(0, contrastOf(state, watched, campaign.behaviour, pane, 1).excess);
      let matched = 0;
      for (const { sample, weight } of samplesOf(watched.scope, pane, 1, () => true))
        if (tests.some((test) => test(sample))) matched += weight;
      if (counts) campaign.requests += matched;
      const usual =
        sum(watched.scope, countIndex.requests, pane, 1) *
        live.reduce((most, l) => Math.max(most, l.collateralUpper), 0);
      const goes = window.excess >= going.excess && window.surprise >= going.surprise;
      if (goes || matched > 2 + 3 * usual || showsAgain(campaign, watched, tests, pane))
        campaign.lastActivePane = pane;
      if (!goes) continue;
      const pause = Math.min(longestMinePause, minePausePanes * 2 ** campaign.fruitless);
      if (pane - campaign.lastMinedPane < pause) continue;
      const excess = excessSamples(watched, campaign.behaviour, pane);
      let hit = 0;
      let total = 0;
      for (const { sample, weight } of excess) {
        total += weight;
        if (tests.some((test) => test(sample))) hit += weight;
      }
      const honest = Math.min(1, Math.max(0, window.expected / Math.max(1, window.suspicious)));
      if (total > 0 && 1 - hit / total - honest > mostMissed) {
        made.push(...mine(state, settings, campaign, watched, policy, pane));
        changed ||= made.length > 0;
      }
    }
    if (primary === null) continue;
    if (campaign.state === 'stopped' && campaign.lastActivePane === pane) {
      campaign.state = 'active';
      changed = true;
    }
    if (changed || pane - campaign.publishedPane >= publishPanes) {
      campaign.publishedPane = pane;
      refresh(state, settings, campaign, primary, policy, pane, changed);
      for (const live of campaign.signatures) {
        if (live.untilAt !== null || live.fromAt === at) continue;
        if (
          live.verdictUntilAt - at > policy.document.action.ttl / 2 ||
          campaign.lastActivePane < pane - publishPanes
        )
          continue;
        live.verdictUntilAt = at + policy.document.action.ttl;
        made.push(() => verdictOut(signatureVerdict(campaign, live, at)));
      }
      outputs.push(campaignOut(campaignRecord(campaign, at)), ...made.map((make) => make()));
    }
  }
  return outputs;
}
