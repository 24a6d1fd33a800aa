import { expect, test } from 'vitest';
import type { Policy } from '../../policies/load-policies.ts';
import { createSiteState } from './create-site-state.ts';
import { forgetRefuted, noteRefuted, wasRefuted } from './refutations.ts';
import { paneOf, scopeOf } from './scope.test-fixture.ts';

const first = 1_794_000_000;
const policy = (id: string): Policy => ({ document: { id } }) as Policy;

test('what was taken back of a scope is not said again for ten seconds, by that policy', () => {
  const state = createSiteState('shop', first);
  const scope = scopeOf(first, [paneOf([], { key: 'GET /stock' })]);
  noteRefuted(state, scope, policy('a'), first);
  expect(wasRefuted(state, scope, policy('a'), first + 10)).toBe(true);
  expect(wasRefuted(state, scope, policy('a'), first + 11)).toBe(false);
  expect(wasRefuted(state, scope, policy('b'), first + 1)).toBe(false);
  forgetRefuted(state, first + 10);
  expect(state.refuted.size).toBe(1);
  forgetRefuted(state, first + 11);
  expect(state.refuted.size).toBe(0);
});
