import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partBit, several } from '../signature/standing.ts';
import { fingerprintOf } from './binding.ts';
import { createKeyRing, type PassKey } from './key-ring.ts';
import { passKey } from './pass.test-fixture.ts';
import { type Pass, signPass, standingText, verifyPass } from './token.ts';

const ring = createKeyRing([passKey('k1')]);
const at = 1_800_000_000_000;
const holder = { fingerprint: fingerprintOf(['Firefox']), network: null };
const pass: Pass = {
  id: 'abcdefghijklmnopqrst',
  issuedAt: at / 1000,
  expiresAt: at / 1000 + 900,
  visitStartedAt: at / 1000 - 60,
  standing: partBit('content') | partBit('cart') | several,
  firstPage: 'abcd',
  fingerprint: holder.fingerprint,
  network: 'mobile',
};
const token = signPass(pass, ring);
/** A token with any header and body, rightly signed. */
function signed(header: object, body: object, { secret }: PassKey = passKey('k1')): string {
  const text = [header, body]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
const bodyOf = (text: string) => JSON.parse(Buffer.from(text.split('.')[1]!, 'base64url').toString());

describe('a pass', () => {
  test('says to its holder what it was signed for, until it expires', () => {
    expect(verifyPass(token, ring, holder, at)).toEqual({ pass });
    expect(verifyPass(token, ring, holder, at + 899_999)).toEqual({ pass });
    expect(verifyPass(token, ring, holder, at + 900_000)).toEqual({ refused: 'expired' });
    expect(verifyPass(token, ring, holder, at - 60_000)).toEqual({ pass });
    expect(verifyPass(token, ring, holder, at - 61_000)).toEqual({ refused: 'not_yet' });
  });

  test('carries standing as words that can be searched for', () => {
    expect(bodyOf(token).st).toBe('|cart|content|several|');
    expect(standingText(0)).toBe('|');
  });

  test('changed in any character it is none', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=';
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...alphabet), (index, character) => {
        fc.pre(token[index] !== character);
        const changed = token.slice(0, index) + character + token.slice(index + 1);
        expect(verifyPass(changed, ring, holder, at)).toHaveProperty('refused');
      }),
      { numRuns: 500 },
    );
    // Every other character for the last, whose low bits no decoder looks at.
    for (const character of alphabet)
      if (!token.endsWith(character))
        expect(verifyPass(token.slice(0, -1) + character, ring, holder, at)).toHaveProperty('refused');
  });

  test('any text is read without an error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.string()).map((parts) => parts.join('.')),
        ),
        (text) => {
          expect(verifyPass(text, ring, holder, at)).toHaveProperty('refused');
        },
      ),
    );
    expect(verifyPass(undefined, ring, holder, at)).toEqual({ refused: 'absent' });
    expect(verifyPass(`${token}${'x'.repeat(1024)}`, ring, holder, at)).toEqual({ refused: 'malformed' });
  });

  test('is of no use to another client, or elsewhere where the network counts', () => {
    const other = { ...holder, fingerprint: fingerprintOf(['curl']) };
    expect(verifyPass(token, ring, other, at)).toEqual({ refused: 'other_client' });
    expect(verifyPass(token, ring, { ...holder, network: 'mobile' }, at)).toEqual({ pass });
    expect(verifyPass(token, ring, { ...holder, network: 'hosting' }, at)).toEqual({
      refused: 'other_network',
    });
  });

  test('does not choose its algorithm, and is signed for this', () => {
    const body = bodyOf(token);
    const [, rawBody] = token.split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid: 'k1' })).toString('base64url');
    expect(verifyPass(`${none}.${rawBody}.`, ring, holder, at)).toEqual({ refused: 'algorithm' });
    expect(verifyPass(signed({ alg: 'RS256', kid: 'k1' }, body), ring, holder, at)).toEqual({
      refused: 'algorithm',
    });
    expect(verifyPass(signed({ alg: 'HS256', kid: 'k9' }, body), ring, holder, at)).toEqual({
      refused: 'unknown_key',
    });
    expect(verifyPass(signed({ alg: 'HS256', kid: 'k1' }, body, passKey('k2')), ring, holder, at)).toEqual({
      refused: 'signature',
    });
    expect(verifyPass(signed({ alg: 'HS256', kid: 'k1' }, body), ring, holder, at)).toEqual({ pass });
    for (const wrong of [{ iss: 'shop' }, { exp: '9' }, { exp: 1e300 }, { jti: '' }, { st: 7 }, { fp: null }])
      expect(
        verifyPass(signed({ alg: 'HS256', kid: 'k1' }, { ...body, ...wrong }), ring, holder, at),
      ).toEqual({ refused: 'claims' });
  });

  test('outlives a change of keys: the old key verifies until it is dropped', () => {
    const added = createKeyRing([passKey('k1'), passKey('k2')]);
    const turned = createKeyRing([passKey('k2'), passKey('k1')]);
    const dropped = createKeyRing([passKey('k2')]);
    const young = signPass(pass, turned);
    for (const keys of [added, turned]) {
      expect(verifyPass(token, keys, holder, at)).toEqual({ pass });
      expect(verifyPass(young, keys, holder, at)).toEqual({ pass });
    }
    expect(verifyPass(token, dropped, holder, at)).toEqual({ refused: 'unknown_key' });
    expect(verifyPass(young, dropped, holder, at)).toEqual({ pass });
  });
});

test('a ring names all that is wrong with its keys, but no secret', () => {
  expect(() => createKeyRing([])).toThrow('at least one');
  const wrong = () => createKeyRing([passKey('k1'), { kid: 'K 2', secret: 'short' }, passKey('k1')]);
  expect(wrong).toThrow(/keys\[1\]\.kid.*keys\[1\]\.secret.*keys\[2\]\.kid: k1 is there already/);
  expect(wrong).not.toThrow('short');
});
