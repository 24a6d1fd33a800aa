import type { Policy } from '../../policies/load-policies.ts';
import type { BoundedShare } from '../miner/collateral.ts';

/** What a policy allows its signatures to cost together, as shares of the honest requests. */
export type Limits = Pick<Policy['document']['campaign'], 'max-collateral' | 'max-collateral-except-good'>;

/**
 * Signatures that spare the good may cost so many times what others may: their victims need only look around first. Those
 * that are added, or take the place of others, less than the first: what is bought last costs most people.
 */
export const sparingFactor = { first: 1.5, later: 1.25 } as const;

/**
 * What is mined costs at most twice what signatures may that spare nobody, though the good be spared: the best of
 * thousands of rules looks cheaper on a few hundred samples than it is. What the whole endpoint costs is counted over its
 * baseline, and may cost all that the policy allows.
 */
const mostMined = ({ 'max-collateral': others, 'max-collateral-except-good': allowed }: Limits): number =>
  Math.min(allowed, 2 * others);

/**
 * What mined signatures that spare the good may cost; the more of an excess is left without, the more. `factor`: at least 1,
 * of `sparingFactor`. The estimate errs upwards while a log is young, so its bound may be all that is ever allowed.
 */
export function budgetSparing(limits: Limits, left: number, factor: number): BoundedShare {
  const others = limits['max-collateral'];
  const upper = Math.max(others, mostMined(limits));
  return { share: Math.min(upper, Math.max(factor * others, upper * left)), upper };
}

/** Of an excess of which attributes leave less than this, the rest is worth its share of the price. */
const muchLeft = 0.2;

/**
 * What the whole endpoint may cost, the good spared. `hasBegun`: attributes select most of the excess at the first look, and a
 * few seconds later, on more samples, often nearly all: then the high price need not be paid.
 */
export function priceOfEveryone(limits: Limits, left: number, hasBegun: boolean): number {
  const { 'max-collateral': others, 'max-collateral-except-good': allowed } = limits;
  if (hasBegun) return mostMined(limits);
  return left >= muchLeft ? allowed : Math.max(sparingFactor.later * others, allowed * left);
}
