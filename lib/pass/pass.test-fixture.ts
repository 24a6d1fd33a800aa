import { requiredBits } from '../signature/standing.ts';
import { fingerprintOf } from './binding.ts';
import { createKeyRing, type PassKey } from './key-ring.ts';
import { type Pass, signPass } from './token.ts';

export const passKey = (kid = 'k1', filler = 'x'): PassKey => ({ kid, secret: kid.padEnd(43, filler) });

/** What a client that read a page and filled its cart was given a moment ago. */
export function freshPass(userAgent: string, more: Partial<Pass> = {}): Pass {
  const now = Math.floor(Date.now() / 1000);
  return {
    id: 'abcdefghijklmnopqrst',
    issuedAt: now,
    expiresAt: now + 900,
    visitStartedAt: now,
    standing: requiredBits(['content', 'cart']),
    firstPage: '',
    fingerprint: fingerprintOf([userAgent]),
    network: '',
    ...more,
  };
}

export const freshToken = (userAgent: string, more: Partial<Pass> = {}, by = passKey()): string =>
  signPass(freshPass(userAgent, more), createKeyRing([by]));
