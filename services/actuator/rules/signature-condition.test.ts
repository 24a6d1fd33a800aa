import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Predicate } from '../../../lib/contracts/generated.ts';
import { compileSignature } from '../../../lib/signature/signature.ts';
import { sample, signature } from '../../../test/counterparts/vendors/rule-samples.ts';
import { expressed, holds } from './condition.ts';
import { conditionOf } from './signature-condition.ts';

describe('a signature as the condition of an edge', () => {
  test('selects what the signature selects: never more, and less only where versions of odd browsers are compared', () => {
    let compared = 0;
    let less = 0;
    fc.assert(
      fc.property(signature, fc.array(sample, { minLength: 20, maxLength: 40 }), (wanted, samples) => {
        const condition = expressed(() => conditionOf(wanted));
        if ('inexpressible' in condition) return;
        const selects = compileSignature(wanted);
        for (const { event, view } of samples) {
          compared++;
          const [byRule, bySignature] = [holds(condition, view), selects(event)];
          if (byRule) expect(bySignature).toBe(true);
          else if (bySignature) {
            less++;
            expect(wanted.predicates.map(({ attribute }) => attribute)).toContain('browser_version');
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(5000);
    expect(less / compared).toBeLessThan(0.02);
  });

  const why = (...predicates: Predicate[]) => {
    const condition = expressed(() => conditionOf({ predicates, except_good: false, good_after: [] }));
    return 'inexpressible' in condition ? condition.inexpressible : null;
  };
  test.each([
    [{ attribute: 'network_class', op: 'in', values: ['hosting'] }, /network_class can not be seen/],
    [{ attribute: 'country', op: 'lte', values: ['DE'] }, /no order/],
    [{ attribute: 'user_agent', op: 'in', values: ['Ünïcode'] }, /user_agent/],
    [{ attribute: 'endpoint', op: 'in', values: ['GET /x/{other}'] }, /no pattern/],
    [{ attribute: 'browser', op: 'in', values: ['netscape'] }, /netscape/],
    [{ attribute: 'browser_version', op: 'not_in', values: ['88'] }, /browser_version/],
  ])('%j is left out, with the reason', (predicate, reason) => {
    expect(why(predicate)).toMatch(reason);
  });

  test('what needs to know good clients is left out', () => {
    const predicates = [{ attribute: 'country', op: 'in', values: ['XK'] }];
    const condition = expressed(() => conditionOf({ predicates, except_good: true, good_after: [] }));
    expect(condition).toEqual({ inexpressible: 'needs to know good clients' });
  });
});
