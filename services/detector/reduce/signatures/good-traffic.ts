import { countIndex, flag, minedAttributes, paneMs, suspiciousFlags } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import type { Part } from '../miner/collateral.ts';
import { type SampleTest, sampleSignature } from '../miner/sample-predicate.ts';
import { leftBy, type Weighted, weigh } from '../miner/weighted.ts';
import { type Baseline, knownReference } from '../site/baseline.ts';
import { cleanSamples, credibleSuccesses } from '../site/before-onset.ts';
import { inForce } from '../site/campaign-state.ts';
import { severalPartners } from '../site/partner-scopes.ts';
import { samplesOf, sum } from '../site/scope.ts';
import { type SiteState, scopeId, type WatchedScope } from '../site/site-state.ts';
import { usualRate } from '../site/usual-rate.ts';
import { holdsAt, tellingOf } from './signature-place.ts';

const unit = (weighted: readonly Weighted[], most: number): Weighted[] => {
  const scale = Math.min(1, most / Math.max(1, weigh(weighted)));
  return weighted.map(({ sample, weight }) => ({ sample, weight: weight * scale }));
};

/** Over how many panes a scope is asked who behaves well now. */
const nowPanes = 30;

const agentAt = minedAttributes.indexOf('user_agent');

/** Many people live behind one address: one of them is known by the software as well. */
const nameOf = ({ sample: { client, attributes } }: Weighted): string =>
  `${client} ${attributes[agentAt] ?? ''}`;

/** People mistype a password and then get in: to fail accuses nobody. */
const accusing = suspiciousFlags & ~flag.failing;

/** Clients of whom something suspicious was seen at a scope just now. */
function accusedAt({ scope }: WatchedScope, pane: number): ReadonlySet<string> {
  return new Set(samplesOf(scope, pane, nowPanes, (flags) => (flags & accusing) !== 0).map(nameOf));
}

/** The share of an endpoint's good clients that a signature may select and still be what its attackers look like. */
export const mostBorne = 0.005;

/**
 * What attacks on other endpoints look like, by signatures in force there that next to no good client had when they were chosen. An
 * attack that has several targets is clean to one of them for what it did at another; at its own endpoint a signature is
 * judged by whom it selects now.
 */
function attackedElsewhere(state: SiteState, { scope }: WatchedScope): SampleTest[] {
  const tests: SampleTest[] = [];
  for (const campaign of state.campaigns.values()) {
    if (campaign.simulated) continue;
    for (const { signature, collateral } of inForce(campaign)) {
      if (collateral > mostBorne || signature.except_good || holdsAt(signature, scope)) continue;
      const predicates = tellingOf(signature);
      if (predicates.length > 0) tests.push(sampleSignature({ ...signature, predicates }));
    }
  }
  return tests;
}

/**
 * Clients that come without a history now. Who had one and has it no more is a gateway that an attack goes through: those
 * who come through it too are spared for its sake no longer.
 */
function withoutHistory({ scope }: WatchedScope, pane: number): ReadonlySet<number> {
  return new Set(
    samplesOf(scope, pane, nowPanes, (flags) => !hasHistory(flags)).map(({ sample }) => sample.client),
  );
}

const unhistoried = (sample: Sample): Sample =>
  hasHistory(sample.flags) ? { ...sample, flags: sample.flags & ~flag.good } : sample;

/** So many samples of whom more is known than their looks do without the others. */
const enoughKnown = 200;

/** Samples of whom nothing is known but what they look like, where these are needed. */
function unknownOf(baseline: Baseline): readonly Sample[] {
  const known = knownReference(baseline).length;
  return known < enoughKnown ? baseline.reference.slice(0, -known) : [];
}

/** Of whom it is not known what speaks for him: he looks as he does, and is no cost of what spares the good. */
const spokenFor = (sample: Sample): Sample => ({ ...sample, flags: sample.flags | flag.good });

/**
 * Good requests of a scope: its normal mix from before, and what behaves well now. An attacker's requests are not all
 * suspicious (some of what a sweep asks for exists, and its clients may look at a page first): what a client does well
 * does not speak for it beside what it does badly, here or at the scope that is `attacked`. And where more behaves well
 * since a campaign began, those without a history may be its attackers: they count the less, the more came with it. A
 * crowd that was there before counts in full.
 */
export function goodSamples(
  state: SiteState,
  watched: WatchedScope,
  pane: number,
  attacked = watched,
  judged: Judged = 'standing',
): Weighted[] {
  const fallen = withoutHistory(attacked, pane);
  const { baseline } = watched;
  const unknown = judged === 'looks' ? unknownOf(baseline) : [];
  const before = [...unknown.map(spokenFor), ...knownReference(baseline)]
    .filter((sample) => (sample.flags & flag.verified) === 0)
    .map(
      (sample): Weighted => ({ sample: fallen.has(sample.client) ? unhistoried(sample) : sample, weight: 1 }),
    );
  const accused = [...new Set([watched, attacked])].map((where) => accusedAt(where, pane));
  const isAccused = (one: Weighted): boolean => accused.some((clients) => clients.has(nameOf(one)));
  const proven = samplesOf(watched.scope, pane, nowPanes, (flags) => isClean(flags) && hasHistory(flags));
  const answers = tellsOutcomes(watched);
  const others = cleanSamples(
    state,
    watched,
    pane,
    nowPanes,
    (flags) => isClean(flags) && !hasHistory(flags) && (!answers || (flags & flag.succeeding) !== 0),
    answers,
  );
  const elsewhere = attackedElsewhere(state, attacked);
  const newcomers = others.filter(leftBy(elsewhere));
  const now = [...proven, ...newcomers].filter((one) => !isAccused(one));
  const old = answers ? stillThere(state, watched, pane) : 1;
  return [
    ...(old === 1 ? before : before.map(({ sample }) => ({ sample, weight: old }))),
    ...unit(now, Math.max(100, before.length)),
  ];
}

/** In a crowd so many times what is usual, people are no longer as they were before. */
const crowd = { times: 2, credible: 0.3, leastOld: 0.05 } as const;

/**
 * How far the people of before stand for those of now: in full, but in a crowd as far as they are a part of it. That it is one, and
 * not the attack, shows where this is refused and the crowd is not.
 */
function stillThere(state: SiteState, watched: WatchedScope, pane: number): number {
  const usual = usualRate(watched, pane * paneMs);
  const now = sum(watched.scope, countIndex.succeeding, pane, nowPanes) / nowPanes;
  if (usual === null || now <= crowd.times * usual) return 1;
  if (credibleSuccesses(state, watched, pane, nowPanes) < crowd.credible) return 1;
  return Math.max(crowd.leastOld, usual / now);
}

/**
 * Whether the answers at a scope say how requests went: then one that does not (429, 5xx) shows nobody who behaves well. Under
 * an attack these are the attacker's, however cleanly he came.
 */
function tellsOutcomes({ baseline: { totals } }: WatchedScope): boolean {
  return 2 * totals[countIndex.outcome_known]! > totals[countIndex.requests]!;
}

/** By what they look like all can be judged, by what speaks for their clients only those of whom the log saw it. */
type Judged = 'looks' | 'standing';

interface GoodAround {
  /** Behind those of the scope those of its partners once more. */
  readonly own: readonly Weighted[];
  readonly parts: readonly Part[];
  readonly siblings: readonly Weighted[];
}

/** Good requests of each partner once more. */
export const goodOfPartners = (
  state: SiteState,
  felt: WatchedScope,
  pane: number,
  judged: Judged = 'standing',
): Weighted[][] =>
  severalPartners(state, felt, pane).map((watched) => goodSamples(state, watched, pane, felt, judged));

const isClean = (flags: number): boolean => (flags & (suspiciousFlags | flag.verified)) === 0;
const hasHistory = (flags: number): boolean => (flags & flag.good) !== 0;

/** Good requests of a scope, and those of the rest of the site, which stand in while its own are few. */
export function goodAround(
  state: SiteState,
  felt: WatchedScope,
  pane: number,
  judged: Judged = 'standing',
): GoodAround {
  const site = state.scopes.get(scopeId('site', ''));
  const own = goodSamples(state, felt, pane, felt, judged);
  const parts: Part[] = [];
  for (const good of goodOfPartners(state, felt, pane, judged)) {
    parts.push({ from: own.length, to: own.length + good.length });
    own.push(...good);
  }
  return {
    own,
    parts,
    siblings: site === undefined ? [] : goodSamples(state, site, pane, felt, judged),
  };
}

/** The same for either way to judge them: one, once nothing is left of the start of the log. */
export function goodBothWays(
  state: SiteState,
  felt: WatchedScope,
  pane: number,
): { readonly [J in Judged]: GoodAround } {
  const looks = goodAround(state, felt, pane, 'looks');
  const site = state.scopes.get(scopeId('site', '')) ?? felt;
  const isAllKnown = [felt, site, ...severalPartners(state, felt, pane)].every(
    ({ baseline }) => unknownOf(baseline).length === 0,
  );
  return { looks, standing: isAllKnown ? looks : goodAround(state, felt, pane) };
}
