import { expect, test } from 'vitest';
import { loadPolicies } from '../../policies/load-policies.ts';
import { paneOf } from './scope.test-fixture.ts';
import { createScope } from './scope.ts';
import type { ReduceSettings } from './site-state.ts';
import { keepsMinutes } from './watch-scope.ts';

test('whoever asks for an outage has the minutes that it goes by, on partners and routes as on endpoints', () => {
  const asking = loadPolicies('').filter(({ uses }) => uses.has('outage'));
  expect(new Set(asking.map(({ scope }) => scope))).toEqual(
    new Set(['endpoint', 'partner_endpoint', 'route']),
  );
  const { traits } = createScope(paneOf([], { requests: 1 }), 0, () => false);
  const login = { ...traits, function: 'login' };
  for (const policy of asking) {
    const settings = { policies: [policy] } as unknown as ReduceSettings;
    expect(keepsMinutes(settings, policy.scope, login)).toBe(true);
    expect(keepsMinutes(settings, 'site', login)).toBe(false);
  }
});
