import type { Predicate } from '../../../../lib/contracts/generated.ts';
import { emptyMask, type Mask, maskOf } from './mask.ts';
import { attributeAt } from './sample-predicate.ts';
import { type Weighted, weigh } from './weighted.ts';

/** Stands for several clients: no client has this number. */
const several = -1;

/** The samples of `of` that a predicate would select if it had been made without their client. */
export type SelectedWithout = (of: readonly Weighted[], predicate: Predicate) => Mask;

/**
 * A list of the values that good clients have, made of all there are, selects none of them, and so does a list of those that
 * only the excess has: neither says anything of the next one. What it would be without a client shows where that client
 * alone has his value: among those left out it then stands no more, and among those selected as soon as the excess has
 * it too. The share of such clients estimates how many people have values that nobody showed yet (the Good-Turing
 * estimate of unseen species).
 *
 * `known`: good clients that the lists are made of. `leastLift`: how much more frequent in the excess values are that stand in a list of
 * them.
 */
export function selectedWithout(
  known: readonly Weighted[],
  excess: readonly Weighted[],
  leastLift: number,
): SelectedWithout {
  const least = (leastLift * 0.5 * weigh(excess)) / (weigh(known) + 1);
  const columns = new Map<number, Map<string, { owner: number; weight: number }>>();
  const columnOf = (at: number) => {
    let of = columns.get(at);
    if (of === undefined) {
      of = new Map();
      for (const { sample } of known) {
        const value = sample.attributes[at] ?? null;
        if (value === null) continue;
        const seen = of.get(value);
        if (seen === undefined) of.set(value, { owner: sample.client, weight: 0 });
        else if (seen.owner !== sample.client) seen.owner = several;
      }
      for (const { sample, weight } of excess) {
        const seen = of.get(sample.attributes[at] ?? '');
        if (seen !== undefined) seen.weight += weight;
      }
      columns.set(at, of);
    }
    return of;
  };
  return (of, { attribute, op, values }) => {
    const at = attributeAt(attribute);
    const isList = op === 'not_in' || (op === 'in' && values.length > 1);
    if (at === undefined || !isList) return emptyMask(of.length);
    const column = columnOf(at);
    return maskOf(of.length, (index) => {
      const { attributes, client } = of[index]!.sample;
      const seen = column.get(attributes[at] ?? '');
      return seen?.owner === client && (op === 'not_in' || seen.weight >= least);
    });
  };
}
