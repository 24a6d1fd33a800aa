import type { OffsetRange } from '../../../../lib/contracts/generated.ts';
import type { ApiCatalogue } from '../../../../lib/path/api-catalogue.ts';
import type { LastLosses } from '../../caps.ts';
import type { DetectorConfig } from '../../config.ts';
import type { Traits } from '../../endpoint-traits.ts';
import type { Episode } from '../../episode.ts';
import type { GroupKind } from '../../groups.ts';
import { analoguesOf } from '../../inventory/inventory.ts';
import type { Inventory } from '../../inventory/inventory-state.ts';
import { type CountName, countNames, paneMs } from '../../layout.ts';
import type { Policy } from '../../policies/load-policies.ts';
import type { FeatureSpec } from '../../policies/policy-schema.ts';
import { type Baseline, createPool, type Pool, rateKey } from './baseline.ts';
import type { BeforeOnset } from './before-onset.ts';
import { type Contrast, contrast, type ExpectedShare, expectedShare, withUnseen } from './behaviour.ts';
import type { OpenCampaign } from './campaign-state.ts';
import { otherWays } from './crowd.ts';
import { comeToAs, type Requirement } from './journeys.ts';
import { type Normal, normalOf } from './normal-ladder.ts';
import { overlaps } from './route.ts';
import { distinct, growth, rate, type Scope, split } from './scope.ts';
import type { FigureTable, ScopeFigures } from './scope-figures.ts';
import { type Sight, unseenVisits } from './sight.ts';
import type { SiteMix } from './site-mix.ts';
import { usualRate } from './usual-rate.ts';

export interface WatchedScope {
  readonly scope: Scope;
  readonly baseline: Baseline;
  /** Expected shares, forgotten whenever something is learned. */
  readonly expected: Map<CountName, ExpectedShare>;
  /** Policies whose expected shares were all worked out since then. */
  readonly primed: Set<Policy>;
  /** What its honest clients practically always did before; null: not known. Of endpoints only. */
  requirement: Requirement | null;
  /** What policies ask of it; null until they do. */
  figures: ScopeFigures | null;
  /** Pools that it feeds and borrows from; null until they are asked for. */
  pools: ScopePools | null;
  /** Its median rate at an hour of the day (`hourKey`); null: to be worked out. */
  usual: { readonly hour: string; readonly rate: number | null } | null;
}

interface ScopePools {
  readonly class: Pool | null;
  readonly host: Pool | null;
}

export function watchedScope(
  scope: Scope,
  baseline: Baseline,
  expected: Iterable<readonly [CountName, ExpectedShare]> = [],
  requirement: Requirement | null = null,
): WatchedScope {
  return {
    scope,
    baseline,
    expected: new Map(expected),
    primed: new Set(),
    requirement,
    figures: null,
    pools: null,
    usual: null,
  };
}

/** Everything reduce knows of one site. */
export interface SiteState {
  readonly site: string;
  /** By `kind key`, in the order of first appearance (which is the order of panes and keys). */
  readonly scopes: Map<string, WatchedScope>;
  readonly pools: Map<string, Pool>;
  /** The pane in which it was worked out how alike the members of pools are. */
  alikeAt: number;
  readonly firstPane: number;
  sight: Sight;
  readonly campaigns: Map<string, OpenCampaign>;
  /** What was before the campaigns that act now, by `kind key`. */
  readonly before: Map<string, BeforeOnset>;
  /** The last pane in which a policy took back what it says of a scope, by `kind key` and the policy's id: refutations.ts. */
  readonly refuted: Map<string, number>;
  /** Single clients and networks under verdict, by policy, its content and address. */
  readonly clients: Map<string, Episode>;
  /** Where its good clients come from and what they browse with. */
  readonly mix: SiteMix;
  /** Baselines learned elsewhere, by `kind key`, of scopes that were not met here yet. */
  readonly learned: Map<string, Baseline>;
  /** When caps bit that may have changed what is known here. */
  readonly lost: LastLosses;
  /** No scope is idle for long enough to be forgotten before this pane. */
  noneIdleBefore: number;
  /** How many samples a scope may hold, as shared out at a pane (reference-limit.ts); null: not yet. */
  reference: { readonly pane: number; readonly limit: number } | null;
  /** Endpoints by route (routes.ts). */
  readonly routes: Map<string, Set<string>>;
  /** Endpoints of the site: what they are, who calls them, and which do the same. */
  readonly inventory: Inventory;
}

/** Features by key, and what they are, in the same order. */
export interface LearnedFeatures {
  readonly keys: readonly string[];
  readonly specs: readonly FeatureSpec[];
}

export interface ReduceSettings {
  readonly config: DetectorConfig;
  /** In order of severity, then id. */
  readonly policies: readonly Policy[];
  /** Kinds of groups whose samples are held against the site's mix. */
  readonly judged: ReadonlySet<GroupKind>;
  /** Features to be learned, by kind of scope. */
  readonly learned: ReadonlyMap<string, LearnedFeatures>;
  /** What the conditions of the policies ask of scopes. */
  readonly figures: FigureTable;
  /** What OpenAPI documents say. */
  readonly api: ApiCatalogue;
  /** Where in requests.enriched the panes (pane - panes, pane] stand. */
  inputs(pane: number, panes: number): readonly OffsetRange[];
}

export function scopeId(kind: string, key: string): string {
  return `${kind} ${key}`;
}

/** A campaign that is open stands under a policy that holds: see adopt-policies.ts. */
export const policyOf = (settings: ReduceSettings, campaign: OpenCampaign): Policy =>
  settings.policies.find((policy) => policy.document.id === campaign.policy.document.id)!;

/** When a decision taken from panes up to `pane` could first be known. */
export function effectiveAt(settings: ReduceSettings, pane: number): number {
  return (pane + 1) * paneMs + settings.config.lateness;
}

/**
 * Pools that a scope feeds and borrows from; none for the site itself. Traits never change, and pools stay for as long as a
 * scope feeds them (`forgetScope`).
 */
export function poolsOf(state: SiteState, watched: WatchedScope): ScopePools {
  watched.pools ??= findPools(state, watched.scope);
  return watched.pools;
}

function findPools(state: SiteState, { kind, traits }: Scope): ScopePools {
  if (kind === 'site') return { class: null, host: null };
  const host = hostPoolId(kind, traits);
  return { class: pool(state, classPoolId(host, traits)), host: pool(state, host) };
}

const hostPoolId = (kind: string, { host, write }: Traits): string =>
  `${kind} ${host} ${write ? 'write' : 'read'}`;
const classPoolId = (hostPool: string, traits: Traits): string => `${hostPool} ${traits.function}`;

/** Forgets a scope, and the pools that no other feeds: hosts that somebody made up must leave nothing. */
export function forgetScope(state: SiteState, id: string): void {
  const forgotten = state.scopes.get(id);
  if (forgotten === undefined) return;
  state.scopes.delete(id);
  const { kind, traits } = forgotten.scope;
  let hostIsFed = false;
  for (const { scope: other } of state.scopes.values()) {
    const { host, write, function: ofClass } = other.traits;
    if (other.kind !== kind || host !== traits.host || write !== traits.write) continue;
    if (ofClass === traits.function) return;
    hostIsFed = true;
  }
  const host = hostPoolId(kind, traits);
  state.pools.delete(classPoolId(host, traits));
  if (!hostIsFed) state.pools.delete(host);
}

function pool(state: SiteState, id: string): Pool {
  let found = state.pools.get(id);
  if (found === undefined) {
    found = createPool();
    state.pools.set(id, found);
  }
  return found;
}

/** True while a campaign is about the scope. */
export function isAttacked(state: SiteState, key: string): boolean {
  for (const campaign of state.campaigns.values())
    if (campaign.scopes.some((taken) => overlaps(taken, { kind: 'endpoint', key }))) return true;
  return false;
}

export function expected(state: SiteState, watched: WatchedScope, name: CountName): ExpectedShare {
  // without a requirement nothing is unusual
  if (name === 'unusual') return watched.requirement ?? { share: 0.98, upper: 0.98, samples: 0 };
  let share = watched.expected.get(name);
  if (share === undefined) {
    const pools = poolsOf(state, watched);
    share = expectedShare(name, comeToAs(watched.scope.traits), {
      own: watched.baseline.totals,
      class: pools.class,
      host: pools.host,
    });
    watched.expected.set(name, share);
  }
  return share;
}

/** Splits the last `panes` of a scope by a behaviour. */
export function contrastOf(
  state: SiteState,
  watched: WatchedScope,
  name: CountName,
  pane: number,
  panes: number,
): Contrast {
  const [suspicious, known] = split(watched.scope, name, pane, panes);
  const unseen = unseenVisits(state, watched, pane, panes);
  const unknown = name === 'unusual' ? withUnseen(unseen, otherWays(state, watched, pane, panes)) : unseen;
  return contrast(name, suspicious, known, expected(state, watched, name), unknown);
}

/** Value of a feature at the end of `pane`; null when unknown. */
export function featureValue(state: SiteState, scope: Scope, spec: FeatureSpec, pane: number): number | null {
  const panes = spec.spanMs / paneMs;
  switch (spec.type) {
    case 'event_count':
      return rate(scope, pane, panes);
    case 'ratio': {
      const [part, known] = split(scope, spec.of, pane, panes);
      return known === 0 ? null : part / known;
    }
    case 'value_count':
      return distinct(scope, spec.of, pane, panes);
    case 'growth':
      return growth(scope, spec.of, pane, panes);
    case 'share': {
      const site = state.scopes.get(scopeId('site', ''));
      const all = site === undefined ? 0 : rate(site.scope, pane, panes);
      return all === 0 ? null : Math.min(1, rate(scope, pane, panes) / all);
    }
    case 'client':
    case 'network':
    case 'account':
      return null;
  }
}

export function normal(state: SiteState, watched: WatchedScope, key: string): Normal {
  const pools = poolsOf(state, watched);
  const { traits, lastPane } = watched.scope;
  return normalOf(key, watched.baseline, pools.class, pools.host, traits.documented, lastPane * paneMs);
}

/** How many times its usual rate a scope has now. */
export const timesUsual = (state: SiteState, watched: WatchedScope, pane: number): number =>
  rate(watched.scope, pane, 5) / normal(state, watched, rateKey).p50;

/**
 * By how much the other endpoints of the site are above their own normal: the control group of a surge. Median, never
 * below 1; 1 while fewer than three others are learned.
 */
export function siblingGrowth(state: SiteState, but: Scope, pane: number): number {
  const sorted = growthsOf(state, pane);
  const own = sorted.findIndex(({ key }) => key === but.key);
  const others = sorted.length - (own < 0 ? 0 : 1);
  if (others < 3) return 1;
  const middle = Math.floor(others / 2);
  return Math.max(1, sorted[own >= 0 && own <= middle ? middle + 1 : middle]!.growth);
}

interface Growth {
  readonly key: string;
  readonly growth: number;
}

/** Of the pane at hand: worked out once unless a campaign opens or widens meanwhile. */
const growthsOfPane = new WeakMap<
  SiteState,
  { readonly pane: number; readonly attacked: number; readonly sorted: readonly Growth[] }
>();

/** Endpoints that no campaign is about, by growth. */
function growthsOf(state: SiteState, pane: number): readonly Growth[] {
  const attacked: OpenCampaign['scopes'] = [];
  for (const campaign of state.campaigns.values()) if (!campaign.simulated) attacked.push(...campaign.scopes);
  const before = growthsOfPane.get(state);
  if (before?.pane === pane && before.attacked === attacked.length) return before.sorted;
  const sorted: Growth[] = [];
  for (const watched of state.scopes.values()) {
    const { scope } = watched;
    if (scope.kind !== 'endpoint' || attacked.some((taken) => overlaps(taken, scope))) continue;
    const usual = usualRate(watched, pane * paneMs);
    if (usual === null || usual < 0.1) continue;
    sorted.push({ key: scope.key, growth: rate(scope, pane, 10) / usual });
  }
  sorted.sort((a, b) => a.growth - b.growth);
  growthsOfPane.set(state, { pane, attacked: attacked.length, sorted });
  return sorted;
}

/** Endpoints that do the same, and how many of them are under an acting campaign. */
export function analogues(
  state: SiteState,
  { key }: Scope,
  simulated: boolean,
): { readonly known: number; readonly attacked: number } {
  const known = analoguesOf(state.inventory, key);
  const attacked = new Set<string>();
  for (const campaign of state.campaigns.values())
    if (campaign.behaviour !== null && campaign.simulated === simulated)
      for (const scope of campaign.scopes) attacked.add(scope.key);
  return { known: known.length, attacked: known.filter((other) => attacked.has(other)).length };
}

export const columns = countNames.length;
