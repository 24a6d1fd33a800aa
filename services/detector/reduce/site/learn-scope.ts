import { verified } from '../../../../lib/signature/standing.ts';
import { minutePanes, paneMs, standingOf } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import type { Policy } from '../../policies/load-policies.ts';
import type { FeatureSpec } from '../../policies/policy-schema.ts';
import { hold, rateKey, release } from './baseline.ts';
import { hasJourneys, type Journeys, requirementOf } from './journeys.ts';
import { updateKnownCallers } from './known-callers.ts';
import { updatePageReading } from './page-reading.ts';
import { referenceLimit } from './reference-limit.ts';
import { overlaps } from './route.ts';
import { advanceScope, countsOf, type Scope, samplesIn, samplesOf } from './scope.ts';
import { isBlind } from './sight.ts';
import { halveMix, learnMix } from './site-mix.ts';
import {
  featureValue,
  type LearnedFeatures,
  poolsOf,
  type ReduceSettings,
  type SiteState,
  type WatchedScope,
} from './site-state.ts';

/** Functions of endpoints that something else leads to by its nature: who comes directly is no reason to believe it. */
const nowhereToBegin: ReadonlySet<string> = new Set(['payment', 'cart']);

const nothingLearned: LearnedFeatures = { keys: [], specs: [] };

/**
 * Moves a scope up to (not into) `pane`, and learns what came before. What takes long to work out from it, and no lesson
 * needs, is worked out once, however long the scope was idle.
 */
export function catchUp(
  state: SiteState,
  settings: ReduceSettings,
  watched: WatchedScope,
  pane: number,
): void {
  let hasLearned = false;
  let isMinute = false;
  advanceScope(watched.scope, pane, (end) => {
    if (!learn(state, settings, watched, end)) return;
    hasLearned = true;
    isMinute ||= end % minutePanes === 0;
  });
  if (!hasLearned) return;
  if (isMinute) updateKnownCallers(watched);
  if (watched.scope.kind === 'endpoint') updateRequirement(state, watched);
}

/**
 * Ten seconds of a scope are over (`end` is the pane after them): holds them, and lets in what was held long enough. true: there
 * was such.
 */
function learn(state: SiteState, settings: ReduceSettings, watched: WatchedScope, end: number): boolean {
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
  const hasLearned = release(
    baseline,
    now,
    learning,
    pools,
    state.firstPane * paneMs,
    !nowhereToBegin.has(scope.traits.function),
    referenceLimit(state),
    learnSamples,
  );
  if (hasLearned) {
    watched.expected.clear();
    watched.primed.clear();
    watched.usual = null;
    updatePageReading(watched);
  }
  // the mix forgets as the site does
  if (scope.kind === 'site' && baseline.halvedAt !== halvedAt) halveMix(state.mix);
  return hasLearned;
}

/** What spoke for the clients of the last ten panes when they came. */
function journeysOf(scope: Scope, now: number): Journeys {
  const journeys: Journeys = new Map();
  if (scope.kind !== 'endpoint' || !hasJourneys(scope.traits)) return journeys;
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

/** What clients did before they came here, as far as practically all do: of the scope, or of its like. */
export function updateRequirement(state: SiteState, watched: WatchedScope): void {
  const { class: ofClass } = poolsOf(state, watched);
  watched.requirement = requirementOf(
    watched.scope.traits,
    watched.baseline.journeys,
    ofClass?.journeys ?? null,
  );
}
