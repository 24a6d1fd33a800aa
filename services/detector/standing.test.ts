import { expect, test } from 'vitest';
import type { Signature } from '../../lib/contracts/generated.ts';
import {
  caller,
  history,
  meets,
  namesOf,
  partBit,
  requiredBits,
  signedIn,
  sparedBy,
  spares,
  sparingWhereKnown,
} from '../../lib/signature/standing.ts';
import { flag, standingOf } from './layout.ts';

test('a partner that reads no pages is spared where any part will do, and not where a cart is asked for', () => {
  const partner = standingOf(0);
  expect(partner).toBe(caller);
  expect([meets(partner, 0), meets(partner, requiredBits(['cart']))]).toEqual([true, false]);
  expect(meets(standingOf(flag.direct), 0)).toBe(false);
});

test('a history is enough for everything, a part only for what asks for it', () => {
  const cart = partBit('cart');
  expect([meets(history, requiredBits(['cart'])), meets(cart, requiredBits(['cart']))]).toEqual([true, true]);
  expect([meets(cart, requiredBits(['login'])), meets(cart, requiredBits(['history']))]).toEqual([
    false,
    false,
  ]);
  expect(namesOf(requiredBits(['several', 'cart']))).toEqual(['cart', 'several']);
});

test('any one of what is named will do', () => {
  const either = requiredBits(['cart', 'signed_in']);
  expect([
    meets(partBit('cart'), either),
    meets(signedIn, either),
    meets(partBit('content'), either),
  ]).toEqual([true, true, false]);
  // where any part will do, to be signed in is none
  expect(meets(standingOf(flag.direct | flag.signedIn), 0)).toBe(false);
});

test('a signature spares whom it names, everybody of standing under "except good", or else nobody', () => {
  const everybody: Signature = { predicates: [], except_good: false, good_after: [] };
  const cart = partBit('cart');
  const sparedIn = (signature: Signature) =>
    [cart, history, 0].map((standing) => spares(signature, standing));
  expect(sparedBy(everybody)).toBeNull();
  expect(sparedIn(everybody)).toEqual([false, false, false]);
  expect(sparedIn({ ...everybody, except_good: true })).toEqual([true, true, false]);
  expect(sparedIn(sparingWhereKnown(everybody, 0))).toEqual([true, true, false]);
  expect(sparedIn(sparingWhereKnown(everybody, history))).toEqual([false, true, false]);
  expect(sparingWhereKnown(everybody, 0)).toMatchObject({ except_good: false, good_after: ['any'] });
});
