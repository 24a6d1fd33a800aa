import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetSparing, type Limits, priceOfEveryone, sparingFactor } from './budgets.ts';

const limits: Limits = { 'max-collateral': 0.01, 'max-collateral-except-good': 0.05 };
const share = fc.double({ min: 0, max: 1, noNaN: true });
const allowed = fc.record({
  'max-collateral': fc.double({ min: 0.001, max: 0.05, noNaN: true }),
  'max-collateral-except-good': fc.double({ min: 0.001, max: 0.2, noNaN: true }),
});

describe('what signatures that spare the good may cost', () => {
  it('is at most twice what others may where they are mined', () => {
    expect(budgetSparing(limits, 1, sparingFactor.first)).toEqual({ share: 0.02, upper: 0.02 });
    expect(budgetSparing(limits, 0, sparingFactor.first)).toEqual({ share: 0.015, upper: 0.02 });
    expect(budgetSparing(limits, 0.1, sparingFactor.later)).toEqual({ share: 0.0125, upper: 0.02 });
  });

  it('is never more than the policy allows, and never less than it allows to others', () => {
    fc.assert(
      fc.property(allowed, share, (of, left) => {
        const budget = budgetSparing(of, left, sparingFactor.first);
        const most = Math.max(of['max-collateral'], of['max-collateral-except-good']);
        expect(budget.share).toBeLessThanOrEqual(most);
        expect(budget.upper).toBeLessThanOrEqual(most);
        expect(budget.share).toBeGreaterThanOrEqual(of['max-collateral']);
      }),
    );
  });
});

describe('what the whole endpoint may cost', () => {
  it('is all that the policy allows where attributes tell little', () => {
    expect(priceOfEveryone(limits, 1, false)).toBe(0.05);
    expect(priceOfEveryone(limits, 0.3, false)).toBe(0.05);
  });

  it('is less while attributes select most of it already, and for the last of an attack', () => {
    expect(priceOfEveryone(limits, 1, true)).toBe(0.02);
    expect(priceOfEveryone(limits, 0.05, false)).toBe(0.0125);
  });
});
