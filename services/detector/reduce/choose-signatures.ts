import type { Predicate, Signature } from '../../../lib/contracts/generated.ts';
import { namesOf } from '../../../lib/signature/standing.ts';
import { type CountName, flag, paneMs, spared, suspiciousFlags } from '../layout.ts';
import type { Policy } from '../policies/load-policies.ts';
import type { Requirement } from './journeys.ts';
import { wilsonUpper } from './miner/bounds.ts';
import { type MineResult, mineSignatures } from './miner/mine.ts';
import { type Scope, samplesOf, type Weighted } from './scope.ts';
import { contrastOf, expected, type SiteState, scopeId, type WatchedScope } from './site-state.ts';

/** An edge signature that selects this much needs nobody spared. */
const enough = 0.85;
/** Below this share of the excess a signature does not deserve to be enforced. */
const leastCoverage = 0.5;
/** Signatures for what is left over must select this much of the whole excess. */
const leastGain = 0.03;
const fewSamples = 60;

export interface Chosen {
  readonly signatures: readonly {
    readonly signature: Signature;
    readonly coverage: number;
    readonly lift: number;
    readonly collateral: number;
    readonly collateralUpper: number;
  }[];
  readonly coverage: number;
  readonly goodClients: number;
}

/** The flags that mark a request as suspicious in a behaviour. */
export function behaviourFlag(name: CountName, { requirement }: WatchedScope): (flags: number) => boolean {
  switch (name) {
    case 'unusual':
      return (flags) =>
        requirement !== null && (flags & flag.verified) === 0 && !spared(flags, requirement.required);
    case 'direct':
      return (flags) => (flags & flag.direct) !== 0;
    case 'failing':
      return (flags) => (flags & flag.failing) !== 0;
    case 'cold_failing':
      return (flags) => (flags & flag.failing) !== 0 && (flags & flag.direct) !== 0;
    case 'missing':
      return (flags) => (flags & flag.missing) !== 0;
    case 'hostile':
      return (flags) => (flags & flag.hostile) !== 0;
    case 'implausible':
      return (flags) => (flags & flag.implausible) !== 0;
    default:
      return (flags) => (flags & suspiciousFlags) !== 0;
  }
}

/** Suspicious samples of the shortest recent window that has enough of them. */
export function excessSamples(watched: WatchedScope, behaviour: CountName, pane: number): Weighted[] {
  const wanted = behaviourFlag(behaviour, watched);
  let found: Weighted[] = [];
  for (const panes of [3, 8, 20, 30]) {
    found = samplesOf(watched.scope, pane, panes, wanted);
    if (found.length >= fewSamples) break;
  }
  return found;
}

const unit = (weighted: readonly Weighted[], most: number): Weighted[] => {
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const scale = Math.min(1, most / Math.max(1, total));
  return weighted.map(({ sample, weight }) => ({ sample, weight: weight * scale }));
};

/** Good requests of a scope: its normal mix from before, and what behaves well now. */
export function goodSamples(watched: WatchedScope, pane: number): Weighted[] {
  const before = watched.baseline.reference
    .filter((sample) => (sample.flags & flag.verified) === 0)
    .map((sample): Weighted => ({ sample, weight: 1 }));
  const now = samplesOf(
    watched.scope,
    pane,
    30,
    (flags) => (flags & (suspiciousFlags | flag.verified)) === 0,
  );
  return [...before, ...unit(now, Math.max(100, before.length))];
}

/** Every signature begins with where it holds. */
export function scopePredicates({ traits }: Scope): Predicate[] {
  const endpoint = `${traits.method} ${traits.template}`;
  return [
    { attribute: 'endpoint', op: 'in', values: [endpoint] },
    ...(traits.host === '' ? [] : [{ attribute: 'host', op: 'in', values: [traits.host] }]),
  ];
}

/** Looks for what selects the excess of a scope: first what an edge sees alone, then sparing the good. */
export function chooseSignatures(
  state: SiteState,
  watched: WatchedScope,
  policy: Policy,
  behaviour: CountName,
  pane: number,
  uncovered: (weighted: Weighted) => boolean,
): Chosen | null {
  const all = excessSamples(watched, behaviour, pane);
  const excess = all.filter(uncovered);
  if (excess.length < 8) return null;
  const weigh = (of: readonly Weighted[]): number => of.reduce((sum, { weight }) => sum + weight, 0);
  const left = weigh(excess) / weigh(all);
  const limits = policy.document.campaign;
  const window = contrastOf(state, watched, behaviour, pane, 10_000 / paneMs);
  const honestShare = Math.min(
    0.9,
    window.suspicious === 0 ? 0 : Math.max(0, window.expected / window.suspicious),
  );
  const good = goodSamples(watched, pane);
  const site = state.scopes.get(scopeId('site', ''));
  const siblings = site === undefined ? [] : goodSamples(site, pane);
  const mine = (sparing: number | null): MineResult =>
    mineSignatures({
      excess,
      honestShare,
      good,
      siblings,
      // the price of sparing the good is paid for what it stops: little for the remains of an excess
      budget:
        sparing !== null
          ? Math.max(limits['max-collateral'], limits['max-collateral-except-good'] * left)
          : limits['max-collateral'],
      sparing,
    });
  const wrap = (result: MineResult, sparing: number | null): Chosen => ({
    signatures: result.signatures.map((mined) => ({
      signature: {
        predicates: [...scopePredicates(watched.scope), ...mined.predicates],
        except_good: sparing !== null,
        good_after: namesOf(sparing ?? 0),
      },
      coverage: mined.coverage,
      lift: mined.lift,
      collateral: mined.collateral,
      collateralUpper: mined.collateralUpper,
    })),
    coverage: result.coverage,
    goodClients: result.goodClients,
  });

  const plain = mine(null);
  const everyone = everyoneButTheGood(state, watched, policy, excess);
  if (plain.coverage >= enough) {
    // where people hardly ever come directly, the endpoint itself catches those that look genuine, now and later
    const found = wrap(plain, null);
    return everyone !== null && isCheap(everyone, policy)
      ? { ...everyone, signatures: [...found.signatures, ...everyone.signatures] }
      : found;
  }
  const required = watched.requirement?.required ?? 0;
  const best = [
    wrap(plain, null),
    wrap(mine(required), required),
    ...(everyone === null ? [] : [everyone]),
  ].reduce((a, b) => (b.coverage > a.coverage + 0.05 ? b : a));
  // of what is left over, a part is worth having
  const least = left > 0.9 ? leastCoverage : Math.max(0.2, leastGain / left);
  return best.coverage >= least && best.signatures.length > 0 ? best : null;
}

/** Costs honest people no more than a signature may, though nobody but the good gets through. */
export function isCheap(everyone: Chosen, policy: Policy): boolean {
  const most = policy.document.campaign['max-collateral'];
  const [only] = everyone.signatures;
  return only !== undefined && only.collateral <= most / 2 && only.collateralUpper <= 2 * most;
}

/**
 * The endpoint itself, sparing the good. Its collateral is known without a sample of attributes: the learned share of
 * honest requests that come without an earlier page, or without having done before what practically everyone here does.
 * The stricter demand is made only of attackers who meet the milder one.
 */
export function everyoneButTheGood(
  state: SiteState,
  watched: WatchedScope,
  policy: Policy,
  excess: readonly Weighted[],
): Chosen | null {
  const direct = expected(state, watched, 'direct');
  const demands: Requirement[] = [
    { ...direct, required: 0, upper: Math.max(direct.share, wilsonUpper(direct.share, direct.samples + 50)) },
  ];
  if (watched.requirement !== null) demands.push(watched.requirement);
  let best: Chosen | null = null;
  for (const { required, share, upper, samples } of demands) {
    if (upper > policy.document.campaign['max-collateral-except-good']) continue;
    let total = 0;
    let stopped = 0;
    for (const { sample, weight } of excess) {
      total += weight;
      if (!spared(sample.flags, required)) stopped += weight;
    }
    const coverage = total === 0 ? 0 : stopped / total;
    if (best !== null && coverage <= best.coverage + leastGain) continue;
    best = {
      signatures: [
        {
          signature: {
            predicates: scopePredicates(watched.scope),
            except_good: true,
            good_after: namesOf(required),
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
