import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { regularExpression } from '../../../test/counterparts/vendors/cloudflare-language.ts';
import { sample, signature } from '../../../test/counterparts/vendors/rule-samples.ts';
import { expressed, holds, type RequestView } from '../rules/condition.ts';
import { conditionOf } from '../rules/signature-condition.ts';
import { cloudArmorExpression } from './cloud-armor-expression.ts';

/** Cloud Armor's functions and attributes on a real CEL engine. */
function evaluate(text: string, view: RequestView, isExempt = false): boolean {
  const environment = new Environment()
    .registerVariable('origin', 'map')
    .registerVariable('request', 'map')
    .registerFunction('inIpRange(string, string): bool', (_ip: string, network: string) =>
      view.inNetwork(network),
    )
    .registerFunction('evaluateAddressGroup(string, string): bool', () => isExempt)
    .registerFunction('string.urlDecode(): string', (path: string) => decodeURIComponent(path))
    .registerFunction('string.re2Matches(string): bool', (value: string, pattern: string) =>
      regularExpression(pattern).test(value),
    );
  const headers: { [name: string]: string } = {};
  for (const [field, name] of [
    ['host', 'host'],
    ['user_agent', 'user-agent'],
    ['accept_language', 'accept-language'],
    ['referer', 'referer'],
    ['cookie', 'cookie'],
  ] as const)
    if (view[field] !== undefined) headers[name] = view[field];
  try {
    // CEL's own matches() takes JavaScript's patterns here, and its has() only fields, where Cloud Armor's takes keys.
    const standard = text
      .replaceAll('.matches(', '.re2Matches(')
      .replaceAll(/has\(request\.headers\[('[a-z-]+')\]\)/g, '($1 in request.headers)');
    return environment.evaluate(standard, {
      origin: {
        ip: 'the address',
        region_code: view.country ?? 'ZZ',
        asn: BigInt(view.asn ?? 0),
        tls_ja3_fingerprint: view.ja3 ?? '',
        tls_ja4_fingerprint: view.ja4 ?? '',
      },
      request: { method: view.method, path: view.path, headers },
    }) as boolean;
  } catch (error) {
    // A header that is not there: Cloud Armor does not apply the rule.
    if (/No such key/i.test((error as Error).message)) return false;
    throw error;
  }
}

describe('Cloud Armor expressions', () => {
  test('are CEL, and select what the condition selects, never more', () => {
    let compared = 0;
    fc.assert(
      fc.property(signature, fc.array(sample, { minLength: 5, maxLength: 10 }), (wanted, samples) => {
        const condition = expressed(() => conditionOf(wanted));
        if ('inexpressible' in condition) return;
        const expression = expressed(() => cloudArmorExpression(condition, ['exempt']));
        if ('inexpressible' in expression) return;
        expect(expression.subexpressions).toBeLessThanOrEqual(5);
        for (const { view } of samples) {
          compared++;
          const selects = evaluate(expression.text, view);
          if (selects) expect(holds(condition, view)).toBe(true);
          // Without the header that is asked about, the rule does not apply.
          else if (view.user_agent !== undefined && view.accept_language !== undefined)
            expect(holds(condition, view)).toBe(false);
        }
      }),
      { numRuns: 450 },
    );
    expect(compared).toBeGreaterThan(500);
  });

  const predicates = [
    { attribute: 'asn', op: 'in', values: ['64500'] },
    { attribute: 'endpoint', op: 'in', values: ['POST /pay'] },
  ];
  test('spares the exempt group, and stays within five subexpressions', () => {
    const condition = conditionOf({ predicates, except_good: false, good_after: [] });
    const { text, subexpressions } = cloudArmorExpression(condition, ['tidegate-exempt']);
    expect(text).toBe(
      "!evaluateAddressGroup('tidegate-exempt', origin.ip) && (origin.asn == 64500 && " +
        "request.method == 'POST' && request.path.urlDecode().matches('^/+pay(?:;[^/]*)?/*$'))",
    );
    expect(subexpressions).toBe(4);
    const view = { asn: '64500', method: 'POST', path: '/pay', inNetwork: () => false };
    expect([evaluate(text, view), evaluate(text, view, true)]).toEqual([true, false]);
    const many = { attribute: 'country', op: 'in', values: ['XK', 'DE', 'FR'] };
    const wide = conditionOf({ predicates: [...predicates, many], except_good: false, good_after: [] });
    expect(expressed(() => cloudArmorExpression(wide, ['e']))).toEqual({
      inexpressible: '7 subexpressions: 5 are allowed',
    });
  });
});
