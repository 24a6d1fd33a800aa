import type { Predicate } from '../../../../lib/contracts/generated.ts';
import { updatedInto } from './app-updates.ts';
import { either, emptyMask, type Mask, maskOf, setAll, without } from './mask.ts';
import { attributeAt } from './sample-predicate.ts';
import type { Weighted } from './weighted.ts';

type Positions = ReadonlyMap<string | null, readonly number[]>;

/** Where each value of an attribute stands among samples: a predicate is then a few of these lists. */
export interface SampleIndex {
  /** The samples that a predicate is true for; the same as `samplePredicate` on each of them. */
  select(predicate: Predicate): Mask;
  /** Those whom it costs something: sample-predicate.ts. */
  costs(predicate: Predicate): Mask;
}

const indexes = new WeakMap<readonly Weighted[], SampleIndex>();

/** The index of an array, which must not change: one and the same while signatures are looked for. */
export function indexOf(samples: readonly Weighted[]): SampleIndex {
  let index = indexes.get(samples);
  if (index === undefined) {
    index = createIndex(samples);
    indexes.set(samples, index);
  }
  return index;
}

function createIndex(samples: readonly Weighted[]): SampleIndex {
  const columns: (Positions | undefined)[] = [];
  const column = (at: number): Positions => {
    const known = columns[at];
    if (known !== undefined) return known;
    const positions = positionsOf(samples, at);
    columns[at] = positions;
    return positions;
  };
  const everything = maskOf(samples.length, () => true);
  const index: SampleIndex = {
    costs(predicate) {
      const now = index.select(predicate);
      const later = updatedInto(predicate);
      return later === null
        ? now
        : either(
            now,
            maskOf(samples.length, (at) => later(samples[at]!.sample)),
          );
    },
    select({ attribute, op, values }) {
      const at = attributeAt(attribute);
      if (at === undefined) return emptyMask(samples.length);
      const positions = column(at);
      const of = (wanted: readonly (string | null)[]): Mask => {
        const mask = emptyMask(samples.length);
        for (const value of wanted) setAll(mask, positions.get(value) ?? []);
        return mask;
      };
      const bounded = (within: (value: number) => boolean): Mask =>
        of([...positions.keys()].filter((value) => value !== null && within(Number(value))));
      const bound = Number(values[0]);
      switch (op) {
        case 'in':
          return of(values);
        case 'not_in':
          return without(everything, of([null, ...values]));
        case 'lte':
          return bounded((value) => value <= bound);
        case 'gte':
          return bounded((value) => value >= bound);
        case 'absent':
          return of([null]);
        case 'present':
          return without(everything, of([null]));
        default:
          return emptyMask(samples.length);
      }
    },
  };
  return index;
}

function positionsOf(samples: readonly Weighted[], at: number): Positions {
  const positions = new Map<string | null, number[]>();
  for (let index = 0; index < samples.length; index++) {
    const value = samples[index]!.sample.attributes[at] ?? null;
    const seen = positions.get(value);
    if (seen === undefined) positions.set(value, [index]);
    else seen.push(index);
  }
  return positions;
}
