import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  caller,
  conditions,
  goodAfter,
  meets,
  orSignedIn,
  partBit,
  requiredBits,
  signedIn,
  verified,
} from './standing.ts';

const asked = fc.subarray([...conditions]).map(requiredBits);
const standing = fc
  .tuple(asked, fc.boolean(), fc.boolean())
  .map(([said, isCaller, isBot]) => said | (isCaller ? caller : 0) | (isBot ? verified : 0));

test('what is asked reads as it was written', () => {
  fc.assert(
    fc.property(asked, (required) => {
      expect(requiredBits(goodAfter(required))).toBe(required);
    }),
  );
});

test('to be signed in speaks for a client beside what is asked, and for nobody else more', () => {
  fc.assert(
    fc.property(asked, standing, (required, has) => {
      expect(meets(has, orSignedIn(required))).toBe(meets(has, required) || (has & signedIn) !== 0);
    }),
  );
});

test('any page, or to be signed in, is said in two words', () => {
  expect(goodAfter(orSignedIn(0))).toEqual(['page', 'signed_in']);
  expect(goodAfter(orSignedIn(partBit('cart')))).toEqual(['cart', 'signed_in']);
  expect(goodAfter(0)).toEqual([]);
});
