import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attributeNames } from './attributes.ts';
import { parseSignature } from './parse-signature.ts';
import { canonicalSignature } from './signature.ts';

const predicate = fc.record({
  attribute: fc.constantFrom(...attributeNames),
  op: fc.constantFrom('in', 'not_in', 'lte', 'gte', 'absent', 'present'),
  values: fc.array(
    fc.oneof(fc.string(), fc.constantFrom('"', '\\', '] & [', ' & except good', ' & sparing good after any')),
    {
      maxLength: 3,
    },
  ),
});

test('it reads back what the canonical text says', () => {
  const signature = fc.record({
    predicates: fc.array(predicate, { minLength: 1, maxLength: 4 }),
    except_good: fc.boolean(),
    good_after: fc.subarray(['any', 'login', 'cart', 'several']),
  });
  fc.assert(
    fc.property(signature, (given) => {
      const text = canonicalSignature(given);
      const read = parseSignature(text)!;
      expect(canonicalSignature(read)).toBe(text);
      expect(read.predicates.length).toBe(given.predicates.length);
      expect([read.except_good, read.good_after]).toEqual([given.except_good, [...given.good_after].sort()]);
    }),
  );
});

test.each([
  '',
  'x',
  'a in',
  'a in ["b"',
  'a in [1]',
  'a in ["b"] & ',
  'a in ["b"] x',
  'except bad',
  'sparing good',
])('%j is no signature', (text) => {
  expect(parseSignature(text)).toBeNull();
});
