import { expect, test } from 'vitest';
import {
  caller,
  history,
  meets,
  namesOf,
  partBit,
  requiredBits,
  signedIn,
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
