import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRules, matches, unitsOf } from '../../../test/counterparts/vendors/aws-waf-language.ts';
import { sample, signature } from '../../../test/counterparts/vendors/rule-samples.ts';
import { expressed, holds } from '../rules/condition.ts';
import { conditionOf } from '../rules/signature-condition.ts';
import { awsStatement, rateBased, sparing } from './aws-waf-statement.ts';

const arn = 'arn:aws:wafv2:eu-central-1:111122223333:regional/ipset/tidegate-exempt/1a2b';
const rule = (statement: object) => ({
  Name: 'tidegate-x',
  Priority: 0,
  Statement: statement,
  Action: { Block: {} },
  VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: 'x' },
});

describe('AWS WAF statements', () => {
  test('pass what AWS checks, cost what AWS counts, and mean what the condition means', () => {
    let compared = 0;
    fc.assert(
      fc.property(signature, fc.array(sample, { minLength: 5, maxLength: 15 }), (wanted, samples) => {
        const condition = expressed(() => conditionOf(wanted));
        if ('inexpressible' in condition) return;
        const written = expressed(() => awsStatement(condition));
        if ('inexpressible' in written) return;
        expect(checkRules([rule(written.statement)], 100_000)).toBe(written.units);
        for (const { view } of samples) {
          compared++;
          expect(matches(written.statement, view, () => false)).toBe(holds(condition, view));
        }
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(500);
  });

  test('networks to be spared are spared, and a limit counts only what the signature selects', () => {
    const predicates = [{ attribute: 'country', op: 'in', values: ['XK'] }];
    const condition = conditionOf({ predicates, except_good: false, good_after: [] });
    const spared = sparing(awsStatement(condition), arn);
    const view = { country: 'XK', inNetwork: () => false };
    expect(matches(spared.statement, view, () => false)).toBe(true);
    expect(matches(spared.statement, view, (set) => set === arn)).toBe(false);
    const limited = rateBased(spared, 100, 300);
    expect(limited.units).toBe(unitsOf(limited.statement));
    expect(checkRules([rule(limited.statement)], 10)).toBe(4);
    expect(() => checkRules([rule(limited.statement)], 3)).toThrow(/LimitsExceeded/);
  });
});
