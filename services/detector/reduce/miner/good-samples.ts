import type { Sample } from '../../pane-group.ts';
import { has, hits, type Mask } from './mask.ts';
import type { Weighted } from './weighted.ts';

export interface Population {
  readonly weights: Float64Array;
  readonly total: number;
  readonly clients: number;
}

/** What `of` weighs and whose it is; `part`: only these, the others weigh nothing. */
export function population(of: readonly Weighted[], part: Mask | null = null): Population {
  const weights = new Float64Array(of.length);
  const clients = new Set<number>();
  let total = 0;
  for (let index = 0; index < of.length; index++) {
    if (part !== null && !has(part, index)) continue;
    const { sample, weight } = of[index]!;
    weights[index] = weight;
    total += weight;
    clients.add(sample.client);
  }
  return { weights, total, clients: clients.size };
}

/** Good samples are halved from here on: what is made from one half is judged on the other too. */
export const leastHalved = 24;
const isKnown = (sample: Sample): boolean => (sample.client & 65_536) === 0;

/** The good samples that candidates may be made from. */
export function knownHalf(of: readonly Weighted[]): readonly Weighted[] {
  return of.length < leastHalved ? of : of.filter(({ sample }) => isKnown(sample));
}

/** Weights of the good samples that candidates were not made from; null: too few to halve. */
export function unseen(good: readonly Weighted[], weights: Float64Array): Unseen | null {
  let counted = 0;
  for (const weight of weights) if (weight > 0) counted++;
  if (counted < leastHalved) return null;
  const rest = new Float64Array(good.length);
  let total = 0;
  for (let index = 0; index < good.length; index++) {
    if (isKnown(good[index]!.sample)) continue;
    rest[index] = weights[index]!;
    total += weights[index]!;
  }
  return { weights: rest, total };
}

interface Unseen {
  readonly weights: Float64Array;
  readonly total: number;
}

/**
 * Share of good requests that a rule selects. A set of values is made of those that good clients did not show; among
 * those that were not looked at when it was made they turn up again, so the larger of both shares is believed.
 */
export function shareOf(mask: Mask, { weights, total }: Population, rest: Unseen | null): number {
  const all = total === 0 ? 0 : hits(mask, weights) / total;
  if (rest === null) return all;
  return rest.total === 0 ? all : Math.max(all, hits(mask, rest.weights) / rest.total);
}
