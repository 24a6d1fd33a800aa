import { expect, test } from 'vitest';
import type { Endpoint } from '../../lib/path/template.ts';
import { createOutcomeRules } from './outcome-rules.ts';

const outcome = createOutcomeRules([
  { endpoint: 'POST /form/login', success: [302], failure: ['2xx'] },
  { endpoint: 'POST /graphql#Enter', success: [200], failure: [] },
  { endpoint: '/pay*', success: ['2xx'], failure: [204, 402] },
]);
const endpoint = (name: string, fn: Endpoint['function'] = 'login'): Endpoint => ({
  name,
  function: fn,
  documented: null,
  operation: null,
});

test.each([
  ['POST /login', 401, 'failure'],
  ['POST /login', 403, 'failure'],
  ['POST /login', 200, 'success'],
  ['POST /login', 302, 'success'],
  ['POST /login', 429, 'unknown'],
  ['POST /login', 503, 'unknown'],
  ['POST /login', 400, 'unknown'],
  ['POST /oauth/token', 400, 'failure'],
  ['POST /login', null, 'unknown'],
  ['GET /login', 200, 'unknown'],
  ['GET /login', 401, 'failure'],
  ['POST /form/login', 200, 'failure'],
  ['POST /form/login', 302, 'success'],
  ['POST /form/login', 401, 'unknown'],
  ['POST /pay/{number}', 201, 'success'],
  ['POST /pay/{number}', 204, 'failure'],
])('%s %s: %s', (name, status, expected) => {
  expect(outcome(endpoint(name), status)).toBe(expected);
});

test('other endpoints say nothing', () => {
  expect(outcome(endpoint('GET /stock', 'inventory'), 401)).toBe('unknown');
});

test('an operation that answers 200 has logged nobody in, unless a rule says so', () => {
  const asked = (operation: string) => ({ ...endpoint('POST /graphql'), operation });
  expect(outcome(asked('LoginUser'), 200)).toBe('unknown');
  expect(outcome(asked('LoginUser'), 401)).toBe('failure');
  expect(outcome(asked('Enter'), 200)).toBe('success');
});
