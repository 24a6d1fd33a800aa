import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Signature } from '../../../lib/contracts/generated.ts';
import { standingText } from '../../../lib/pass/token.ts';
import { conditions, meets, partBit, requiredBits } from '../../../lib/signature/standing.ts';
import { goodPattern } from './good-clients.ts';

const everyoneBut = (goodAfter: readonly string[], ...endpoints: string[]): Signature => ({
  predicates: endpoints.length === 0 ? [] : [{ attribute: 'endpoint', op: 'in', values: endpoints }],
  except_good: true,
  good_after: [...goodAfter],
});
const isGood = (signature: Signature, standing: number): boolean =>
  new RegExp(goodPattern(signature)).test(standingText(standing));
const standings = fc.subarray([...conditions]).map(requiredBits);

describe('good clients', () => {
  test('are those whom the detector spares', () => {
    fc.assert(
      fc.property(fc.subarray([...conditions]), standings, (goodAfter, standing) => {
        // Pages of content are asked for; what the client did before is all but that.
        const before = standing & ~partBit('content');
        const asked = goodAfter.filter((name) => name !== 'content');
        expect(isGood(everyoneBut(asked, 'GET /static/app.js'), standing)).toBe(
          meets(before, requiredBits(asked)),
        );
      }),
    );
  });

  test('are those who saw any page or are signed in, where that is asked', () => {
    fc.assert(
      fc.property(standings, (standing) => {
        const before = standing & ~partBit('inventory');
        const asked = ['page', 'signed_in'];
        expect(isGood(everyoneBut(asked, 'GET /stores/nearby'), standing)).toBe(
          meets(before, requiredBits(asked)),
        );
      }),
    );
    expect(isGood(everyoneBut(['page', 'signed_in'], 'POST /pay'), requiredBits(['signed_in']))).toBe(true);
    expect(isGood(everyoneBut([], 'POST /pay'), requiredBits(['signed_in']))).toBe(false);
  });

  test('to have asked for stock speaks for nobody who asks for stock', () => {
    const stock = ['GET /stores/{number}/stock', 'GET /stores/nearby'];
    expect(isGood(everyoneBut([], ...stock), partBit('inventory'))).toBe(false);
    expect(isGood(everyoneBut([], ...stock), partBit('inventory') | partBit('other'))).toBe(true);
    expect(isGood(everyoneBut(['inventory'], ...stock), partBit('inventory'))).toBe(false);
    expect(isGood(everyoneBut([]), partBit('inventory'))).toBe(false);
    expect(isGood(everyoneBut([]), partBit('inventory') | partBit('cart'))).toBe(true);
    expect(isGood(everyoneBut([], ...stock), 0)).toBe(false);
    expect(isGood(everyoneBut([], ...stock), requiredBits(['history']))).toBe(true);
  });
});
