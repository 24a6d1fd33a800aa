import { expect, test } from 'vitest';
import type { Predicate } from '../../../../lib/contracts/generated.ts';
import { paneOf, sampleOf, scopeOf } from '../site/scope.test-fixture.ts';
import { holdsAt } from './signature-place.ts';

const at = (host: string) => {
  const scope = scopeOf(0, [paneOf([sampleOf({ order: 1, client: 1 })], { key: `POST ${host}/login` })]);
  return { ...scope, traits: { ...scope.traits, method: 'POST', template: '/login', host } };
};
const of = (...predicates: Predicate[]) => ({ predicates, except_good: false, good_after: [] });
const login: Predicate = { attribute: 'endpoint', op: 'in', values: ['POST /login'] };

test('a signature holds at its endpoint, and on its hosts alone where it names some', () => {
  const host: Predicate = { attribute: 'host', op: 'in', values: ['de.example'] };
  expect(holdsAt(of(login), at('de.example'))).toBe(true);
  expect(holdsAt(of(login, host), at('de.example'))).toBe(true);
  expect(holdsAt(of(login, host), at('fr.example'))).toBe(false);
  expect(holdsAt(of({ ...login, values: ['POST /pay'] }, host), at('de.example'))).toBe(false);
});
