import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCloudflare } from '../../../test/counterparts/vendors/cloudflare-language.ts';
import { sample, signature } from '../../../test/counterparts/vendors/rule-samples.ts';
import { expressed, holds } from '../rules/condition.ts';
import { conditionOf } from '../rules/signature-condition.ts';
import { cloudflareExpression } from './cloudflare-expression.ts';

const enterprise = { regex: true, botManagement: true };

describe('Cloudflare expressions', () => {
  test('parse, and mean what the condition means', () => {
    let compared = 0;
    fc.assert(
      fc.property(signature, fc.array(sample, { minLength: 10, maxLength: 20 }), (wanted, samples) => {
        const condition = expressed(() => conditionOf(wanted));
        if ('inexpressible' in condition) return;
        const text = expressed(() => cloudflareExpression(condition, enterprise));
        if (typeof text !== 'string') return;
        const selects = parseCloudflare(text);
        for (const { view } of samples) {
          compared++;
          expect(selects(view)).toBe(holds(condition, view));
        }
      }),
      { numRuns: 200 },
    );
    expect(compared).toBeGreaterThan(1000);
  });

  const written = (predicates: readonly (readonly [string, string, ...string[]])[], dialect = enterprise) =>
    expressed(() =>
      cloudflareExpression(
        conditionOf({
          predicates: predicates.map(([attribute, op, ...values]) => ({ attribute, op, values })),
          except_good: false,
          good_after: [],
        }),
        dialect,
      ),
    );
  test('reads as a person would write it', () => {
    const text = written([
      ['endpoint', 'in', 'GET /stores/{number}/stock'],
      ['ja4', 'in', 't13d1516h2_8daaf6152771_02713d6af862'],
      ['country', 'in', 'XK', 'T1'],
      ['has_referer', 'in', 'no'],
    ]);
    expect(text).toBe(
      '(http.request.method eq "GET" and ' +
        'http.request.uri.path matches "^/+stores(?:;[^/]*)?/+[-+]?[0-9]+(?:\\\\x2e[0-9]+)?(?:;[^/]*)?/+stock(?:;[^/]*)?/*$" and ' +
        'cf.bot_management.ja4 eq "t13d1516h2_8daaf6152771_02713d6af862" and ' +
        'ip.src.country in {"XK" "T1"} and not (http.referer ne ""))',
    );
  });

  test('what a plan does not have is left out, with the reason', () => {
    const free = { regex: false, botManagement: false };
    expect(written([['endpoint', 'in', 'GET /pay']], free)).toEqual({
      inexpressible: 'needs regular expressions, which the plan does not have',
    });
    expect(written([['ja4', 'in', 'x']], free)).toEqual({ inexpressible: 'ja4 needs Bot Management' });
    expect(written([['has_cookie', 'in', 'yes', 'no']])).toEqual({ inexpressible: 'selects every request' });
  });

  test('no value can end its string or begin another expression', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        const text = written([['user_agent', 'in', value]]);
        if (typeof text !== 'string') return;
        const selects = parseCloudflare(text);
        const view = { inNetwork: () => false };
        expect(selects({ ...view, user_agent: value })).toBe(true);
        expect(selects({ ...view, user_agent: `${value}x` })).toBe(false);
      }),
    );
  });
});
