import { expect, test } from 'vitest';
import { clausesOf, nearestClause } from './clauses.ts';

const condition = 'clients >= 15 && (failing > 0.5 && excess(failing) >= 20 || rate > 3 * normal(rate).p50)';

test('takes a condition apart into the ways in which it holds', () => {
  expect(clausesOf(condition).map((clause) => clause.map(({ text }) => text))).toEqual([
    ['clients >= 15', 'failing > 0.5', 'excess(failing) >= 20'],
    ['clients >= 15', 'rate > 3 * normal(rate).p50'],
  ]);
  expect(clausesOf('a > && b')).toEqual([]);
});

test('says which way is nearest, and what each comparison lacks', () => {
  const values = {
    clients: 20,
    failing: 0.6,
    rate: 1,
    excess: { failing: 5 },
    normal: { rate: { p50: 10 } },
  };
  const nearest = nearestClause(clausesOf(condition), values)!;
  expect(nearest.nearness).toBe(0.25);
  const [, , excess] = nearest.clause;
  expect([excess!.feature, excess!.function, excess!.left(values), excess!.right(values)]).toEqual([
    'failing',
    'excess',
    5,
    20,
  ]);
});

test('what is unknown is far from holding, and zero is not unknown', () => {
  expect(nearestClause(clausesOf('a < 1'), { a: null })?.nearness).toBe(0);
  expect(nearestClause(clausesOf('a < 1'), { a: 0 })?.nearness).toBe(1);
});

test('a negation and a bare name are comparisons of their own', () => {
  const [clause] = clausesOf('!(a > 2) && b && true && a > 0');
  expect(clause!.map(({ text, op }) => [text, op])).toEqual([
    ['!(a > 2)', 'test'],
    ['b', 'test'],
    ['true', 'test'],
    ['a > 0', '>'],
  ]);
  expect(clause!.map((one) => one.holds({ a: 1, b: false }))).toEqual([true, false, true, true]);
});
