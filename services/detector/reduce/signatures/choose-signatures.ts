import type { Signature } from '../../../../lib/contracts/generated.ts';
import { goodAfter, history, signedIn } from '../../../../lib/signature/standing.ts';
import { type CountName, paneMs, spared } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import type { Policy } from '../../policies/load-policies.ts';
import { wilsonUpper } from '../miner/bounds.ts';
import type { BoundedShare } from '../miner/collateral.ts';
import { mineSignatures } from '../miner/mine.ts';
import { sampleCost, sampleSignature } from '../miner/sample-predicate.ts';
import { leftBy, shareSelected, type Weighted, weigh } from '../miner/weighted.ts';
import { withUnseen } from '../site/behaviour.ts';
import type { PolicyAt } from '../site/campaign-at.ts';
import { feltBy } from '../site/felt-by.ts';
import { habitOf, type Requirement } from '../site/journeys.ts';
import { stopsServer } from '../site/known-callers.ts';
import {
  contrastOf,
  expected,
  poolsOf,
  type SiteState,
  scopeId,
  timesUsual,
  type WatchedScope,
} from '../site/site-state.ts';
import { unknownStanding } from '../site/unknown-standing.ts';
import { callersOf } from '../site/usual-callers.ts';
import { budgetSparing, priceOfEveryone, sparingFactor } from './budgets.ts';
import { excessSamples, fewSamples } from './excess-samples.ts';
import { believedOf } from './gets-in.ts';
import { goodBothWays, goodOfPartners } from './good-traffic.ts';
import { orSignedInWhereFree } from './or-signed-in.ts';
import { areRefusedAlone } from './refused-alone.ts';
import { scopePredicates } from './signature-place.ts';
import { seenAt, spareWhereFree } from './spare-where-free.ts';
import { asSpared } from './through-servers.ts';
import { isWitnessed } from './witness.ts';

/** An edge signature that selects this much needs nobody spared. */
const enough = 0.85;
/**
 * Below this share of the excess a signature does not deserve to be enforced; below the other not even if what it selects
 * shows something else that people do not.
 */
const leastCoverage = { alone: 0.5, witnessed: 0.2 } as const;
/** Signatures for what is left over must select this much of the whole excess; those that no good client has, less. */
const leastGain = 0.01;
const leastGainFree = 0.004;
/**
 * Where nothing that spares the good tells attackers from people, as where they do first what people do, but a log-in refuses them alone,
 * what signatures cost may be so much less certain than it is little: on eight hundred samples, half a percent may be 1.3.
 */
const uncertainty = 1.5;
/** Fewer suspicious samples say nothing about what they have in common. */
const leastSamples = 8;

export interface Found {
  readonly signature: Signature;
  readonly coverage: number;
  readonly lift: number;
  readonly collateral: number;
  readonly collateralUpper: number;
}

export interface Chosen {
  readonly signatures: readonly Found[];
  readonly coverage: number;
  readonly goodClients: number;
}

/** It is to be seen what becomes of what was found. */
const undecided: Chosen = { signatures: [], coverage: 0, goodClients: 0 };
export const isUndecided = (chosen: Chosen | null): boolean => chosen === undecided;

export interface ChooseInput extends PolicyAt {
  readonly behaviour: CountName;
  /** Signatures already in force there, of whatever campaign: what they select needs no further one, and they use up the budget. */
  readonly present: readonly Signature[];
  /** Looks at all samples that there are, not only at the newest as soon as they are enough. */
  readonly all?: boolean;
  /** Share of the excess that a choice before this one leaves over, where this one is to take its place. */
  readonly leftBefore?: number;
}

/**
 * Looks for what selects the excess of a scope, in stages, each for what the ones before leave over: attributes alone,
 * attributes sparing clients with a history, attributes sparing the good, and the whole endpoint but for the good. A
 * later stage asks more of people and of edges, so it is entered only when it has something left to stop.
 */
export function chooseSignatures(input: ChooseInput): Chosen | null {
  const chosen = choose(input);
  if (chosen === null) return null;
  const believed = chosen.signatures.map(({ signature }) => believedOf(input, signature));
  if (believed.includes('people')) return null;
  // who is stopped already is not waited for when he changes his tools
  const isStopped = input.present.length > 0 || (input.leftBefore ?? 1) < 1;
  if (!isStopped && believed.includes('undecided')) return undecided;
  const felt = feltBy(input.state, input.watched);
  return {
    ...chosen,
    signatures: spareWhereFree(seenAt(input.state, felt, input.pane), chosen.signatures, input.present),
  };
}

function choose(input: ChooseInput): Chosen | null {
  const { state, watched, policy, behaviour, pane } = input;
  const isLeft = leftBy(input.present.map(sampleSignature));
  const few = input.present.length === 0 ? fewSamples.first : fewSamples.later;
  const felt = feltBy(state, watched);
  const enoughSamples = input.all === true ? Infinity : few;
  const all = asSpared(state, felt, excessSamples(watched, behaviour, pane, isLeft, enoughSamples));
  const excess = all.filter(isLeft);
  if (excess.length < leastSamples) return null;
  const left = Math.min(input.leftBefore ?? 1, weigh(excess) / weigh(all));
  const limits = policy.document.campaign;
  const window = contrastOf(state, watched, behaviour, pane, 10_000 / paneMs);
  const honestShare =
    window.suspicious === 0 ? 0 : Math.min(0.9, Math.max(0, window.expected / window.suspicious));
  const honest = honestShare * weigh(all);
  const good = goodBothWays(state, felt, pane);
  const callers = callersOf(felt);

  let found: Found[] = [];
  const signaturesFound = (): Signature[] => found.map(({ signature }) => signature);
  let rest: readonly Weighted[] = excess;
  let goodClients = 0;
  const honestOf = (of: readonly Weighted[]): number => Math.min(0.9, honest / Math.max(1e-9, weigh(of)));
  const bad = (of: readonly Weighted[]): number => weigh(of) * (1 - honestOf(of));
  const whole = bad(all);
  const unspared = unsparedShares(state, felt, pane);
  const stage = (sparing: number | null, budget: BoundedShare, unsparedShare: BoundedShare | null): void => {
    if (rest.length < leastSamples || bad(rest) < leastGainFree * whole) return;
    const { own, parts, siblings } = good[sparing === null ? 'looks' : 'standing'];
    const costs = [...input.present, ...signaturesFound()].map(sampleCost);
    const mined = mineSignatures({
      excess: rest,
      weight: Math.min(1, bad(rest) / whole),
      honestShare: honestOf(rest),
      callers,
      good: own,
      parts,
      siblings,
      taken: (sample) => costs.some((selects) => selects(sample)),
      budget,
      sparing,
      unsparedShare,
    });
    goodClients = Math.max(goodClients, mined.goodClients);
    const share = bad(rest) / whole;
    if (mined.coverage * share < leastGainOf(mined.signatures)) return;
    const place = scopePredicates(state, watched.scope);
    for (const { predicates, coverage, lift, collateral, collateralUpper } of mined.signatures) {
      const signature: Signature = {
        predicates: [...place, ...predicates],
        except_good: sparing !== null,
        good_after: goodAfter(sparing ?? 0),
      };
      found.push({
        signature,
        coverage: coverage * share,
        lift,
        collateral,
        collateralUpper,
      });
    }
    rest = rest.filter(leftBy(signaturesFound().map(sampleSignature)));
  };
  const covered = (): number => 1 - Math.min(1, bad(rest) / Math.max(1e-9, bad(excess)));

  const asked = felt.requirement?.required ?? 0;
  // an account is soon claimed: to have been here before is asked first
  const demands = asked === signedIn ? [0, signedIn] : [asked];
  // how many are not spared was not counted: the samples tell
  const asSampled = null;
  const most = limits['max-collateral'];
  const budget = { share: most, upper: most };
  const isFirst = input.present.length === 0 && input.leftBefore === undefined;
  const factor = isFirst ? sparingFactor.first : sparingFactor.later;
  const stageOf = (demand: Requirement, of: BoundedShare): void => {
    const milder = orSignedInWhereFree(state, felt, demand, rest, honestOf(rest));
    stage(milder.required, of, milder);
  };
  const stageSparing = (of: BoundedShare): void => {
    if (left < leastGain) return;
    for (const required of demands) stageOf(unspared.find((one) => one.required === required)!, of);
  };
  const sparingBudget = budgetSparing(limits, 0, factor);
  const stages = (ofOthers: BoundedShare, ofSparing: BoundedShare | null): void => {
    stage(null, ofOthers, asSampled);
    stage(history, ofOthers, asSampled);
    if (ofSparing !== null) stageSparing(ofSparing);
  };
  stages(budget, sparingBudget);
  /** Anew with other budgets; what was found before stays if that does no better. */
  const tryAnew = (ofOthers: BoundedShare, ofSparing: BoundedShare | null, isSure = () => true): void => {
    const before = { found, rest, covered: covered() };
    found = [];
    rest = excess;
    stages(ofOthers, ofSparing);
    if (covered() < before.covered + leastGain || !isSure()) ({ found, rest } = before);
  };
  // what spares nobody uses up the budget for little: keep of it only what is next to free. Where nothing was found for the whole
  // budget, nothing is for less of it
  if (found.length > 0 && covered() < enough) tryAnew({ share: most / 2, upper: most / 2 }, sparingBudget);
  const everyone = everyoneButTheGood(input, excess, honestOf(excess));
  // where people hardly ever come directly, the endpoint itself catches those that look genuine, now and later
  if (covered() >= enough)
    return {
      signatures: everyone !== null && isCheap(everyone, policy) ? [...found, ...everyone.signatures] : found,
      coverage: covered(),
      goodClients,
    };
  const price =
    priceOfEveryone(limits, left, isFirst && covered() >= leastCoverage.alone) *
    leeway(state, felt, pane, everyone?.goodClients ?? 0);
  if (
    everyone !== null &&
    everyone.coverage > covered() + 0.1 &&
    everyone.signatures.every(({ collateral }) => collateral <= price)
  )
    return { ...everyone, signatures: [...found, ...everyone.signatures] };
  stageSparing(budgetSparing(limits, left, factor));
  const habit = asked === 0 && left >= leastGain ? habitAt(state, felt, pane) : null;
  // habits change within a minute: what rests on one costs no more than what spares nobody
  if (habit !== null) stageOf(habit, budget);
  const isRefused = (): boolean => areRefusedAlone(input, signaturesFound());
  if (covered() < enough && [...input.present, ...signaturesFound()].every((one) => !one.except_good))
    tryAnew({ share: most, upper: uncertainty * most }, null, isRefused);
  if (found.length === 0) return null;
  const missed = new Set(rest);
  const isWorthIt =
    left <= 0.9
      ? // of what is left over, a part is worth having
        covered() >= Math.max(0.2, leastGainOf(found) / left)
      : covered() >= leastCoverage.alone ||
        (covered() >= leastCoverage.witnessed &&
          (isRefused() ||
            isWitnessed(
              input,
              excess.filter((one) => !missed.has(one)),
            )));
  return isWorthIt ? { signatures: found, coverage: covered(), goodClients } : null;
}

function habitAt(state: SiteState, felt: WatchedScope, pane: number): Requirement | null {
  const habit = habitOf(felt.baseline.journeys, poolsOf(state, felt).class?.journeys ?? null);
  return habit === null ? null : widened(habit, unknownStanding(state, felt, pane, habit.required));
}

const leastGainOf = (signatures: readonly { readonly collateral: number }[]): number =>
  signatures.every(({ collateral }) => collateral === 0) ? leastGainFree : leastGain;

/** Costs honest people no more than a signature may, though nobody but the good gets through. */
export function isCheap(everyone: Chosen, policy: Policy): boolean {
  const most = policy.document.campaign['max-collateral'];
  const [only] = everyone.signatures;
  return only !== undefined && only.collateral <= most / 2 && only.collateralUpper <= 2 * most;
}

const widened = <S extends BoundedShare>(learned: S, unknown: number): S => ({
  ...learned,
  share: withUnseen(learned.share, unknown),
  upper: withUnseen(learned.upper, unknown),
});

/**
 * What may be asked of clients, and the shares of honest requests whose clients fall short: to be good, and to have done before
 * what nearly everyone here does.
 */
function unsparedShares(state: SiteState, felt: WatchedScope, pane: number): Requirement[] {
  const { requirement } = felt;
  const usual = expected(state, felt, 'direct');
  const crowd = state.before.get(scopeId(felt.scope.kind, felt.scope.key))?.direct ?? usual;
  const direct = {
    ...usual,
    required: 0,
    share: Math.max(usual.share, crowd.share),
    upper: Math.max(usual.upper, crowd.upper),
  };
  return [direct, ...(requirement === null ? [] : [requirement])].map((demand) =>
    widened(demand, unknownStanding(state, felt, pane, demand.required)),
  );
}

/** Fewer requests than this in what was learned of an endpoint: hardly anybody called it, or few did. */
const called = { hardly: 10, little: 60 } as const;
/** A flood of so many times what is usual is worth each time more, up to `most`. */
const flood = { times: 50, most: 5 } as const;

/**
 * So many times the limit may be spent where hardly anybody is there to pay: what is known of such people is borrowed, and of
 * few the estimate is far above what it costs. Of what is stopped in a flood of hundreds of times the usual, next to nothing is theirs.
 */
function leeway(state: SiteState, felt: WatchedScope, pane: number, samples: number): number {
  if (samples >= called.little) return 1;
  const least = samples < called.hardly ? 2 : 1;
  return Math.min(flood.most, Math.max(least, timesUsual(state, felt, pane) / flood.times));
}

/** At least as uncertain as its samples and fifty others make it. */
const directBounded = (direct: Requirement): Requirement => ({
  ...direct,
  upper: Math.max(direct.share, wilsonUpper(direct.share, direct.samples + 50)),
});

/**
 * The endpoint itself, sparing the good. Its collateral is known without a sample of attributes: the learned share of
 * honest requests that come without an earlier page, or without having done before what practically everyone here does.
 * The stricter demand is made only of attackers who meet the milder one. `honest`: share of the excess that is expected to be.
 */
export function everyoneButTheGood(
  { state, watched, policy, pane }: PolicyAt,
  excess: readonly Weighted[],
  honest: number,
): Chosen | null {
  const felt = feltBy(state, watched);
  const ofPartners = goodOfPartners(state, felt, pane);
  let best: Chosen | null = null;
  for (const demand of unsparedShares(state, felt, pane)) {
    const { samples } = demand;
    const bounded = demand.required === 0 ? directBounded(demand) : demand;
    const { required, share, upper } = orSignedInWhereFree(state, felt, bounded, excess, honest);
    // the estimate errs upwards while a log is young, so its bound may be twice what is allowed
    const most = policy.document.campaign['max-collateral-except-good'] * leeway(state, felt, pane, samples);
    if (share > most || upper > 2 * most || stopsServer(felt, required)) continue;
    const stops = [({ flags }: Sample): boolean => !spared(flags, required)];
    if (ofPartners.some((good) => shareSelected(good, stops) > most)) continue;
    const coverage = shareSelected(excess, stops);
    if (best !== null && coverage <= best.coverage + leastGain) continue;
    best = {
      signatures: [
        {
          signature: {
            predicates: scopePredicates(state, watched.scope),
            except_good: true,
            good_after: goodAfter(required),
          },
          coverage,
          lift: coverage / Math.max(share, 1e-3),
          collateral: share,
          collateralUpper: upper,
        },
      ],
      coverage,
      goodClients: samples,
    };
  }
  return best;
}
