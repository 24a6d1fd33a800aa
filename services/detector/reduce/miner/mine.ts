import type { AttributeSample, Predicate } from '../../../../lib/contracts/generated.ts';
import { spared } from '../../layout.ts';
import type { Weighted } from '../scope.ts';
import { candidatePredicates, namingOf } from './candidates.ts';
import { type BoundedShare, createCollateral } from './collateral.ts';
import { hits, knownHalf, population } from './good-samples.ts';
import { samplePredicate } from './sample-predicate.ts';

export interface MineInput {
  /** Suspicious requests of the window: the excess, and the few honest ones that look like it. */
  readonly excess: readonly Weighted[];
  /** Share of `excess` that is expected to be honest. */
  readonly honestShare: number;
  /** Good requests at the attacked scope: before the onset, and clean ones during it. */
  readonly good: readonly Weighted[];
  /**
   * Clients that are a visible part of the scope's usual traffic by themselves: a partner's server, a gateway. A rule
   * that selects most of one is not worth its small share of all requests: for that caller it is an outage.
   */
  readonly callers: ReadonlySet<string>;
  /** Good requests elsewhere on the site: they stand in while the scope's own are few. */
  readonly siblings: readonly Weighted[];
  /** Good requests that earlier signatures select already: what they cost counts. */
  readonly taken: (sample: AttributeSample) => boolean;
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

const beamWidth = 14;
const deepest = 3;
const mostSignatures = 5;
/** A further signature must select this much of the excess. */
const leastGain = 0.03;
/** Coverage that the whole budget has to buy, if it is spent on one signature. */
const worthOfBudget = 0.2;
/** Less of the budget is not worth saving by a further conjunct. */
const leastSaving = 0.1;
/** Addresses are worth this much of what else selects as many: the next ones are others. */
const worthOfAddresses = 0.5;
const addresses: ReadonlySet<string> = new Set(['client_ip', 'network_24_48']);
/** Fewer judged samples that two rules share are chance. */
const leastHits = 5;

interface Rule {
  readonly predicates: readonly Predicate[];
  readonly bad: Uint8Array;
  readonly own: Uint8Array;
  readonly other: Uint8Array;
}

function count(mask: Uint8Array): number {
  let set = 0;
  for (let index = 0; index < mask.length; index++) set += mask[index]!;
  return set;
}

function both(a: Uint8Array, b: Uint8Array): Uint8Array {
  const mask = new Uint8Array(a.length);
  for (let index = 0; index < a.length; index++) mask[index] = a[index]! & b[index]!;
  return mask;
}

function either(a: Uint8Array, b: Uint8Array): Uint8Array {
  const mask = new Uint8Array(a.length);
  for (let index = 0; index < a.length; index++) mask[index] = a[index]! | b[index]!;
  return mask;
}

/** Positions of the samples of each caller. */
function samplesByCaller(good: readonly Weighted[], callers: ReadonlySet<string>): number[][] {
  if (callers.size === 0) return [];
  const found = new Map<string, number[]>();
  good.forEach(({ sample }, index) => {
    const client = sample.client.toString('latin1');
    if (!callers.has(client)) return;
    const at = found.get(client);
    if (at === undefined) found.set(client, [index]);
    else at.push(index);
  });
  return [...found.values()];
}

/** Fewer clients than this are judged all together: there, their very addresses may be the signature. */
const fewClients = 6;

/**
 * Halves the excess by client, so that what is built from one half is judged on clients it has not seen: a list of
 * addresses that will not come again does not look like a signature.
 */
function splitByClient(excess: readonly Weighted[]): {
  readonly trained: readonly Weighted[];
  readonly judged: readonly Weighted[];
} {
  if (population(excess).clients < fewClients) return { trained: excess, judged: excess };
  const odd = ({ sample }: Weighted): boolean => (sample.client[1]! & 1) === 1;
  return { trained: excess.filter((one) => !odd(one)), judged: excess.filter(odd) };
}

/** One array for the same good samples: what is added up of it serves every time. */
const goodTogether = new WeakMap<
  readonly Weighted[],
  { readonly siblings: readonly Weighted[]; readonly all: readonly Weighted[] }
>();

function knownGood({ good, siblings }: MineInput): readonly Weighted[] {
  const before = goodTogether.get(good);
  if (before?.siblings === siblings) return before.all;
  const all = [...knownHalf(good), ...knownHalf(siblings)];
  goodTogether.set(good, { siblings, all });
  return all;
}

/** The site's say no more than the scope's own, or than so many. */
const leastExposed = 40;

function exposedGood({ good, siblings }: MineInput, { own, other }: Rule): readonly Weighted[] {
  const mine = knownHalf(good.filter((_, index) => own[index] === 1));
  const others = knownHalf(siblings.filter((_, index) => other[index] === 1));
  const most = Math.max(leastExposed, population(mine).total);
  const scale = Math.min(1, most / Math.max(1e-9, population(others).total));
  return [...mine, ...others.map(({ sample, weight }) => ({ sample, weight: weight * scale }))];
}

/**
 * Finds a few conjunctions of edge-visible predicates that together select most of the excess and, within the budget,
 * almost none of the good traffic. Collateral is a share of good requests
 * whose bound counts distinct clients, shrunk towards the site while the scope's own sample is small.
 */
export function mineSignatures(input: MineInput): MineResult {
  const { sparing } = input;
  const { trained, judged } = splitByClient(input.excess);
  const all = population(input.excess);
  const naming = namingOf(input.excess, all.clients, all.total);
  const bad = population(judged);

  const mask = (of: readonly Weighted[], test: (sample: AttributeSample) => boolean): Uint8Array => {
    const found = new Uint8Array(of.length);
    for (let index = 0; index < of.length; index++) {
      const { sample } = of[index]!;
      if (test(sample) && !(sparing !== null && spared(sample.flags, sparing))) found[index] = 1;
    }
    return found;
  };
  const everything: Rule = {
    predicates: [],
    bad: mask(judged, () => true),
    own: mask(input.good, () => true),
    other: mask(input.siblings, () => true),
  };
  // what tells the excess from people must tell it from those who are not spared
  const known = sparing === null ? knownGood(input) : exposedGood(input, everything);
  const collateral = createCollateral({
    own: input.good,
    other: input.siblings,
    unspared: everything,
    unsparedShare: input.unsparedShare,
    spares: sparing !== null,
  });

  const callers = samplesByCaller(input.good, input.callers);
  const least = Math.min(leastHits, judged.length / 2);
  const stopsCaller = (selected: Uint8Array): boolean =>
    callers.some((at) => at.reduce((hit, index) => hit + selected[index]!, 0) * 2 > at.length);

  // honest requests among the suspicious look like good ones: they are no part of the excess
  const coverageOf = (badShare: number, goodShare: number): number =>
    Math.max(0, Math.min(1, (badShare - input.honestShare * goodShare) / (1 - input.honestShare)));

  /** Share of the budget that is used up, by the stricter of its two limits. */
  const spentOf = ({ share, upper }: BoundedShare): number =>
    Math.max(share / input.budget.share, upper / input.budget.upper);
  const worst = collateral.of(everything).upper;

  const chosen: MinedSignature[] = [];
  let covered: Uint8Array = new Uint8Array(judged.length);
  let coveredOwn: Uint8Array = Uint8Array.from(input.good, ({ sample }) => (input.taken(sample) ? 1 : 0));
  let coveredOther: Uint8Array = Uint8Array.from(input.siblings, ({ sample }) =>
    input.taken(sample) ? 1 : 0,
  );
  let remaining = trained;
  const total = {
    coverage: 0,
    share: 0,
    upper: collateral.of({ own: coveredOwn, other: coveredOther }).upper,
  };

  while (chosen.length < mostSignatures && remaining.length > 0) {
    const singles: Rule[] = candidatePredicates(remaining, known, naming, sparing !== null).map(
      (predicate) => {
        const test = samplePredicate(predicate);
        return {
          predicates: [predicate],
          bad: mask(judged, test),
          own: mask(input.good, test),
          other: mask(input.siblings, test),
        };
      },
    );
    const best = search(
      singles,
      everything,
      (rule) => {
        const united = { own: either(coveredOwn, rule.own), other: either(coveredOther, rule.other) };
        const cost = collateral.of(united);
        const reached = hits(either(covered, rule.bad), bad.weights) / Math.max(1e-9, bad.total);
        return {
          gain: coverageOf(reached, cost.share) - total.coverage,
          spends: stopsCaller(rule.own) || count(rule.bad) < least ? Infinity : spentOf(cost),
          reach: cost.upper / worst,
        };
      },
      spentOf(total),
    );
    if (best === null || best.gain < leastGain) break;
    const { rule } = best;
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
    coveredOwn = either(coveredOwn, rule.own);
    coveredOther = either(coveredOther, rule.other);
    const union = collateral.of({ own: coveredOwn, other: coveredOther });
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
    if (total.coverage >= 0.97) break;
  }
  return {
    signatures: chosen,
    coverage: total.coverage,
    collateral: total.share,
    collateralUpper: chosen.length === 0 ? 0 : total.upper,
    goodClients: collateral.clients,
  };
}

/** Beam search for the conjunction that gains most coverage within the budget; fewer predicates win ties. */
function search(
  singles: readonly Rule[],
  everything: Rule,
  judge: (rule: Rule) => { gain: number; spends: number; reach: number },
  spent: number,
): { rule: Rule; gain: number } | null {
  let best: { rule: Rule; gain: number } | null = null;
  let bestValue = -Infinity;
  const consider = (rule: Rule): { rule: Rule; gain: number; spends: number; score: number } => {
    const { gain, spends, reach } = judge(rule);
    // a conjunct is worth its place when it buys a few per cent of coverage
    // and collateral, which further signatures may need, must buy more than a few
    const lasting = rule.predicates.some(({ attribute }) => addresses.has(attribute)) ? worthOfAddresses : 1;
    const value = lasting * gain - 0.01 * rule.predicates.length - worthOfBudget * (spends - spent);
    if (spends <= 1 && gain > 0 && value > bestValue) {
      best = { rule, gain };
      bestValue = value;
    }
    // how promising: coverage, less the collateral still to be got rid of
    return { rule, gain, spends, score: gain - 0.7 * reach };
  };
  consider(everything);
  let beam = singles.map(consider);
  for (let depth = 1; depth < deepest; depth++) {
    beam = beam
      .filter((entry) => entry.gain >= leastGain)
      .sort((a, b) => b.score - a.score)
      .slice(0, beamWidth);
    const next: typeof beam = [];
    const tried = new Set<string>();
    for (const { rule, spends } of beam) {
      if (spends <= spent + leastSaving) continue; // already clean: a further conjunct only loses coverage
      for (const single of singles) {
        const last = single.predicates[0]!;
        if (
          rule.predicates.some(
            (predicate) => predicate.attribute === last.attribute && predicate.op === last.op,
          )
        )
          continue;
        const id = [...rule.predicates, last]
          .map((p) => singleId(p))
          .sort()
          .join('&');
        if (tried.has(id)) continue;
        tried.add(id);
        next.push(
          consider({
            predicates: [...rule.predicates, last],
            bad: both(rule.bad, single.bad),
            own: both(rule.own, single.own),
            other: both(rule.other, single.other),
          }),
        );
      }
    }
    beam = next;
  }
  return best;
}

const ids = new WeakMap<Predicate, number>();
let nextId = 0;
function singleId(predicate: Predicate): number {
  let id = ids.get(predicate);
  if (id === undefined) {
    id = nextId++;
    ids.set(predicate, id);
  }
  return id;
}
