import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Predicate } from '../../../../lib/contracts/generated.ts';
import { minedAttributes, traitIndex } from '../../layout.ts';
import { both, count, countBoth, either, has, hits, maskOf, without } from './mask.ts';
import { indexOf } from './sample-index.ts';
import { samplePredicate } from './sample-predicate.ts';
import type { Weighted } from './weighted.ts';

/** Mined attributes, then the traits of the endpoint. */
const width = 1 + Math.max(...Object.values(traitIndex));
const value = fc.constantFrom(null, '', '1', '7', '120', '1200', 'DE', 'text');
const samples = fc
  .array(fc.array(value, { minLength: width, maxLength: width }), {
    maxLength: 80,
  })
  .map((rows) =>
    rows.map(
      (attributes, index): Weighted => ({
        sample: {
          order: 0,
          event_id: `${index}`,
          flags: 0,
          client: index,
          attributes,
        },
        weight: 1 + index / 7,
      }),
    ),
  );
const predicate: fc.Arbitrary<Predicate> = fc.record({
  attribute: fc.constantFrom(...minedAttributes.slice(0, 4), 'browser_version', 'endpoint', 'no_such'),
  op: fc.constantFrom('in', 'not_in', 'lte', 'gte', 'absent', 'present'),
  values: fc.array(
    value.filter((one) => one !== null),
    { minLength: 1, maxLength: 3 },
  ),
});

describe('the index of samples', () => {
  it('selects what the predicate is true for', () => {
    fc.assert(
      fc.property(samples, fc.array(predicate, { maxLength: 5 }), (of, predicates) => {
        for (const one of predicates) {
          const test = samplePredicate(one);
          expect(indexOf(of).select(one)).toEqual(maskOf(of.length, (index) => test(of[index]!.sample)));
        }
      }),
    );
  });
});

describe('masks', () => {
  it('are sets of positions', () => {
    const bits = fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.double({ min: 0, max: 9, noNaN: true })), {
      maxLength: 150,
    });
    fc.assert(
      fc.property(bits, (rows) => {
        const a = maskOf(rows.length, (index) => rows[index]![0]);
        const b = maskOf(rows.length, (index) => rows[index]![1]);
        const weights = Float64Array.from(rows, ([, , weight]) => weight);
        rows.forEach(([inA, inB], index) => {
          expect(has(both(a, b), index)).toBe(inA && inB);
          expect(has(either(a, b), index)).toBe(inA || inB);
          expect(has(without(a, b), index)).toBe(inA && !inB);
        });
        expect(count(a)).toBe(rows.filter(([inA]) => inA).length);
        expect(countBoth(a, b)).toBe(count(both(a, b)));
        expect(hits(a, weights)).toBe(rows.reduce((sum, [inA, , weight]) => (inA ? sum + weight : sum), 0));
      }),
    );
  });
});
