import { expect, test } from 'vitest';
import type { Signature } from '../../lib/contracts/generated.ts';
import { RulesByEndpoint } from './rules-by-endpoint.ts';

const at = (...values: string[]): Signature => ({
  predicates: [{ attribute: 'endpoint', op: 'in', values }],
  except_good: false,
  good_after: [],
});
const anywhere: Signature = { predicates: [], except_good: false, good_after: [] };

function concerning(rules: RulesByEndpoint<string>, endpoint: string): string[] {
  const found: string[] = [];
  rules.visit(endpoint, (rule) => found.push(rule));
  return found;
}

test('a rule for an endpoint with a variable word concerns every endpoint that it stands for', () => {
  const rules = new RulesByEndpoint<string>();
  rules.add(at('GET /branches/{word}/stock'), 'family');
  rules.add(at('GET /branches/ulm/stock', 'GET /map'), 'one');
  rules.add(anywhere, 'anywhere');
  expect(concerning(rules, 'GET /branches/ulm/stock')).toEqual(['one', 'family', 'anywhere']);
  expect(concerning(rules, 'GET /branches/bonn/stock')).toEqual(['family', 'anywhere']);
  expect(concerning(rules, 'POST /branches/bonn/stock')).toEqual(['anywhere']);
  expect(concerning(rules, 'GET /map')).toEqual(['one', 'anywhere']);
});

test('what is taken back concerns nothing any more', () => {
  const rules = new RulesByEndpoint<string>();
  const both = at('GET /branches/{word}/stock', 'GET /map');
  rules.add(both, 'first');
  rules.add(both, 'second');
  rules.delete(both, 'first');
  expect(concerning(rules, 'GET /branches/ulm/stock')).toEqual(['second']);
  rules.delete(both, 'second');
  rules.delete(anywhere, 'never there');
  expect([concerning(rules, 'GET /branches/ulm/stock'), concerning(rules, 'GET /map')]).toEqual([[], []]);
});
