import type { Predicate } from '../../../../lib/contracts/generated.ts';
import { spared } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { candidatePredicates, leastLift, leastLiftSparing, namingOf } from './candidates.ts';
import { type BoundedShare, type Callers, createCollateral, type Part } from './collateral.ts';
import { contradictions } from './contradictions.ts';
import { knownHalf, leastHalved, population } from './good-samples.ts';
import { selectedWithout } from './lonely-values.ts';
import { both, count, countBoth, either, emptyMask, has, hits, type Mask, maskOf, setAll } from './mask.ts';
import { indexOf } from './sample-index.ts';
import { samplePredicate } from './sample-predicate.ts';
import { leastGain, type Rule, search } from './search.ts';
import { asStrangers } from './strangers.ts';
import { type Weighted, weigh } from './weighted.ts';

export interface MineInput {
  /** Suspicious requests of the window: the excess, and the few honest ones that look like it. */
  readonly excess: readonly Weighted[];
  /** Share of the whole attack that `excess` is, what earlier signatures stop included. */
  readonly weight: number;
  /** Share of `excess` that is expected to be honest. */
  readonly honestShare: number;
  /** Good requests at the attacked scope: before the onset, and clean ones during it. Behind them those of its parts once more. */
  readonly good: readonly Weighted[];
  readonly parts?: readonly Part[];
  /**
   * Who is a visible part of the scope's usual traffic by himself: a partner's server, a gateway. A rule that selects
   * most of one is not worth its small share of all requests: for that caller it is an outage.
   */
  readonly callers: Callers;
  /** Good requests elsewhere on the site: they stand in while the scope's own are few. */
  readonly siblings: readonly Weighted[];
  /** Good requests that earlier signatures select already: what they cost counts. */
  readonly taken: (sample: Sample) => boolean;
  /** What the whole cover may cost, earlier signatures included: estimate, and upper bound. */
  readonly budget: BoundedShare;
  /**
   * Standing (bits, 0: any) of clients that are spared at the edge: they do not count as collateral, and are not
   * stopped. null: nobody is spared.
   */
  readonly sparing: number | null;
  /** Share of the scope's honest requests that is not spared, as counted over its baseline; null: not counted. */
  readonly unsparedShare: BoundedShare | null;
}

export interface MinedSignature {
  readonly predicates: readonly Predicate[];
  readonly coverage: number;
  readonly lift: number;
  readonly collateral: number;
  readonly collateralUpper: number;
}

export interface MineResult {
  readonly signatures: readonly MinedSignature[];
  /** Share of the excess that the signatures select together. */
  readonly coverage: number;
  readonly collateral: number;
  readonly collateralUpper: number;
  /** Distinct good clients behind the collateral. */
  readonly goodClients: number;
}

const mostSignatures = 5;
/** Those that no good client has cost nothing: there may be more of them, each for less. */
const mostWithFree = 8;
const leastGainFree = 0.01;
/** What is left of an excess when this much of it is selected is not worth a search. */
const coveredEnough = 0.99;
/** Of fewer good clients, that a rule selects none of them says nothing. */
const leastKnown = 60;
/** Fewer judged samples that two rules share are chance. */
const leastHits = 5;

/** The samples of each caller. */
function samplesByCaller(good: readonly Weighted[], callers: ReadonlySet<number>): Mask[] {
  if (callers.size === 0) return [];
  const found = new Map<number, number[]>();
  good.forEach(({ sample }, index) => {
    const { client } = sample;
    if (!callers.has(client)) return;
    const at = found.get(client);
    if (at === undefined) found.set(client, [index]);
    else at.push(index);
  });
  return [...found.values()].map((positions) => {
    const mask = emptyMask(good.length);
    setAll(mask, positions);
    return mask;
  });
}

/** Fewer clients than this are judged all together: there, their very addresses may be the signature. */
const fewClients = 6;
const halving = 256;

/**
 * Halves the excess by client, so that what is built from one half is judged on clients it has not seen: a list of
 * addresses, or of whatever else will not come again, does not look like a signature. Where most of it comes through servers, these are
 * few, and what comes through one is of many.
 */
function splitByClient(
  excess: readonly Weighted[],
  servers: ReadonlySet<number>,
): { readonly trained: readonly Weighted[]; readonly judged: readonly Weighted[] } {
  const through = excess.filter(({ sample }) => servers.has(sample.client)).length;
  const isThrough = 2 * through > excess.length;
  const whose = ({ sample: { client, order } }: Weighted): number =>
    isThrough && servers.has(client) ? order : client;
  if (new Set(excess.map(whose)).size < fewClients) return { trained: excess, judged: excess };
  const odd = (one: Weighted): boolean => (whose(one) & halving) !== 0;
  return { trained: excess.filter((one) => !odd(one)), judged: excess.filter(odd) };
}

/** Those that what is found is judged on. `servers`: clients that others come through. */
export const heldOut = (excess: readonly Weighted[], servers: ReadonlySet<number>): readonly Weighted[] =>
  splitByClient(excess, servers).judged;

/** One array for the same good samples: what is added up of it serves every time. */
const goodTogether = new WeakMap<
  readonly Weighted[],
  { readonly siblings: readonly Weighted[]; readonly all: readonly Weighted[] }
>();

/** What the rest of the site sends says as much as what does not come from the scope's own callers. */
function knownGood({ good, siblings, callers: { others } }: MineInput): readonly Weighted[] {
  const before = goodTogether.get(good);
  if (before?.siblings === siblings) return before.all;
  const [mine, elsewhere] = [knownHalf(good), knownHalf(siblings)];
  const most = others.share < 1 ? (others.upper / (1 - others.upper)) * weigh(mine) : Infinity;
  const all = [...mine, ...scaled(elsewhere, most)];
  goodTogether.set(good, { siblings, all });
  return all;
}

/** The same samples, weighing `most` together if they weigh more. */
function scaled(of: readonly Weighted[], most: number): readonly Weighted[] {
  const factor = most / Math.max(1e-9, weigh(of));
  return factor >= 1 ? of : of.map(({ sample, weight }) => ({ sample, weight: weight * factor }));
}

/** The site's say no more than the scope's own, or than so many. */
const leastExposed = 40;

function exposedGood({ good, siblings }: MineInput, { own, other }: Rule): readonly Weighted[] {
  const mine = knownHalf(good.filter((_, index) => has(own, index)));
  const others = knownHalf(siblings.filter((_, index) => has(other, index)));
  return [...mine, ...scaled(others, Math.max(leastExposed, weigh(mine)))];
}

/**
 * Finds a few conjunctions of edge-visible predicates that together select most of the excess and, within the budget,
 * almost none of the good traffic. Collateral is a share of good requests
 * whose bound counts distinct clients, shrunk towards the site while the scope's own sample is small.
 */
export function mineSignatures(input: MineInput): MineResult {
  const { sparing } = input;
  const { trained, judged } = splitByClient(input.excess, input.callers.clients);
  const all = population(input.excess);
  const naming = namingOf(input.excess, all.clients, all.total);
  const bad = population(judged);

  const exposed = (of: readonly Weighted[]): Mask =>
    maskOf(of.length, (index) => sparing === null || !spared(of[index]!.sample.flags, sparing));
  const strangers = asStrangers(input.good, input.parts?.[0]?.from);
  const everything: Rule = {
    predicates: [],
    bad: exposed(judged),
    own: exposed(input.good),
    other: exposed(input.siblings),
    strange: maskOf(strangers.length, () => true),
  };
  const people = knownGood(input);
  // what tells the excess from people must tell it from those who are not spared
  const known = sparing === null ? people : exposedGood(input, everything);
  const collateral = createCollateral({
    own: input.good,
    parts: input.parts ?? [],
    other: input.siblings,
    strangers,
    callers: input.callers,
    unspared: everything,
    unsparedShare: input.unsparedShare,
    spares: sparing !== null,
  });

  const nobody = {
    own: emptyMask(input.good.length),
    other: emptyMask(input.siblings.length),
    strange: emptyMask(strangers.length),
  };
  const leastUpper = sparing === null && collateral.clients >= leastKnown ? collateral.of(nobody).upper : 0;
  // where people are few, that none of them is selected is the most that can be shown
  const budget = { ...input.budget, upper: Math.max(input.budget.upper, leastUpper) };
  const callers = samplesByCaller(input.good, input.callers.clients);
  const least = Math.min(leastHits, judged.length / 2);
  const stopsCaller = (selected: Mask): boolean =>
    callers.some((own) => countBoth(own, selected) * 2 > count(own));

  // honest requests among the suspicious look like good ones: they are no part of the excess
  const coverageOf = (badShare: number, goodShare: number): number =>
    Math.max(0, Math.min(1, (badShare - input.honestShare * goodShare) / (1 - input.honestShare)));

  /** Share of the budget that is used up, by the stricter of its two limits. */
  const spentOf = ({ share, upper }: BoundedShare): number =>
    Math.max(share / budget.share, upper / budget.upper);
  const worst = collateral.of(everything).upper;

  const chosen: MinedSignature[] = [];
  const taken = (of: readonly Weighted[]): Mask =>
    maskOf(of.length, (index) => input.taken(of[index]!.sample));
  let covered = emptyMask(judged.length);
  let coveredGood = { own: taken(input.good), other: taken(input.siblings), strange: taken(strangers) };
  const coveredWith = ({ own, other, strange }: Rule) => ({
    own: either(coveredGood.own, own),
    other: either(coveredGood.other, other),
    strange: either(coveredGood.strange, strange),
  });
  let remaining = trained;
  const total = {
    coverage: 0,
    share: 0,
    upper: collateral.of(coveredGood).upper,
  };

  const without = selectedWithout(known, trained, sparing === null ? leastLift : leastLiftSparing);
  /** Whom a predicate costs something; where people are too few to judge a list of theirs on others, without themselves. */
  const costsAmong = (of: readonly Weighted[], whole: Mask): ((one: Predicate) => Mask) => {
    const isWhole = count(whole) < leastHalved;
    return (one) => {
      const costs = indexOf(of).costs(one);
      return isWhole ? either(costs, without(of, one)) : costs;
    };
  };
  const costsOwn = costsAmong(input.good, everything.own);
  const costsOther = costsAmong(input.siblings, everything.other);
  const ruleOf = (predicates: readonly Predicate[]): Rule => {
    const conjunction = (whole: Mask, select: (predicate: Predicate) => Mask): Mask =>
      predicates.reduce((mask, predicate) => both(mask, select(predicate)), whole);
    return {
      predicates,
      bad: conjunction(everything.bad, (one) => indexOf(judged).select(one)),
      own: conjunction(everything.own, costsOwn),
      other: conjunction(everything.other, costsOther),
      strange: conjunction(everything.strange, (one) => indexOf(strangers).costs(one)),
    };
  };
  while (chosen.length < mostWithFree && remaining.length > 0) {
    const best = search(
      candidatePredicates(remaining, known, naming, sparing !== null).map((one) => ruleOf([one])),
      contradictions(remaining, people).map(ruleOf),
      everything,
      (rule) => {
        const cost = collateral.of(coveredWith(rule));
        const reached = hits(either(covered, rule.bad), bad.weights) / Math.max(1e-9, bad.total);
        return {
          gain: coverageOf(reached, cost.share) - total.coverage,
          spends: stopsCaller(rule.own) || count(rule.bad) < least ? Infinity : spentOf(cost),
          reach: cost.upper / worst,
        };
      },
      spentOf(total),
      input.weight,
    );
    if (best === null) break;
    const { rule } = best;
    const isFree = count(rule.own) === 0 && count(rule.other) === 0;
    if (best.gain < (isFree ? leastGainFree : leastGain)) break;
    if (chosen.length >= mostSignatures && !isFree) break;
    const alone = collateral.of(rule);
    const coverage = coverageOf(hits(rule.bad, bad.weights) / bad.total, alone.share);
    chosen.push({
      predicates: rule.predicates,
      coverage,
      lift: coverage / Math.max(alone.share, 0.5 / Math.max(1, collateral.clients)),
      collateral: alone.share,
      collateralUpper: alone.upper,
    });
    covered = either(covered, rule.bad);
    coveredGood = coveredWith(rule);
    const union = collateral.of(coveredGood);
    total.coverage += best.gain;
    total.share = union.share;
    total.upper = union.upper;
    const tests = rule.predicates.map(samplePredicate);
    remaining = remaining.filter(
      ({ sample }) =>
        !(
          tests.every((test) => test(sample)) &&
          !(input.sparing !== null && spared(sample.flags, input.sparing))
        ),
    );
    if (total.coverage >= coveredEnough) break;
  }
  return {
    signatures: chosen,
    coverage: total.coverage,
    collateral: total.share,
    collateralUpper: chosen.length === 0 ? 0 : total.upper,
    goodClients: collateral.clients,
  };
}
