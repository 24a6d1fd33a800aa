import { expect, test } from 'vitest';
import type { EnrichedRequest, Signature } from '../contracts/generated.ts';
import { parseIp } from '../ip.ts';
import { canonicalSignature, compileSignature, isEdgeVisible } from './signature.ts';

const event = {
  request: { client_ip: parseIp('192.0.2.9'), accept_language: null, ja4: 't13d', cookie_count: null },
  country: 'DE',
  browser: 'Chrome',
  browser_version: 88,
} as unknown as EnrichedRequest;
const signature = (...predicates: [string, string, ...string[]][]): Signature => ({
  predicates: predicates.map(([attribute, op, ...values]) => ({ attribute, op, values })),
  except_good: false,
  good_after: [],
});

test('all predicates must hold, and an unknown attribute value satisfies none but absent', () => {
  expect(
    compileSignature(signature(['country', 'in', 'DE', 'AT'], ['browser_version', 'lte', '90']))(event),
  ).toBe(true);
  expect(compileSignature(signature(['country', 'in', 'DE'], ['browser_version', 'gte', '90']))(event)).toBe(
    false,
  );
  expect(compileSignature(signature(['country', 'not_in', 'DE']))(event)).toBe(false);
  expect(compileSignature(signature(['has_cookie', 'not_in', 'yes']))(event)).toBe(false);
  expect(compileSignature(signature(['has_cookie', 'absent']))(event)).toBe(true);
  expect(compileSignature(signature(['network_24_48', 'in', '192.0.2.0/24']))(event)).toBe(true);
});

test('an empty signature matches nothing, an unknown attribute is refused', () => {
  expect(compileSignature(signature())(event)).toBe(false);
  expect(() => compileSignature(signature(['colour', 'in', 'red']))).toThrow(/colour/);
  expect(() => compileSignature(signature(['country', 'like', 'D']))).toThrow(/like/);
});

test('the canonical text does not depend on order; stream-only attributes are not edge visible', () => {
  expect(canonicalSignature(signature(['ja4', 'in', 'b', 'a'], ['country', 'in', 'DE']))).toBe(
    canonicalSignature(signature(['country', 'in', 'DE'], ['ja4', 'in', 'a', 'b'])),
  );
  expect(isEdgeVisible(signature(['country', 'in', 'DE']))).toBe(true);
  expect(isEdgeVisible(signature(['network_class', 'in', 'hosting']))).toBe(false);
});

test('endpoints counted as one stand for their members, but for what a document names', () => {
  const family = compileSignature(signature(['endpoint', 'in', 'GET /p/{word}']));
  const others = compileSignature(signature(['endpoint', 'not_in', 'GET /p/{word}']));
  const at = (endpoint: string, documented: boolean | null = null): EnrichedRequest => ({
    ...event,
    endpoint,
    documented,
  });
  expect(family(at('GET /p/red-shoe'))).toBe(true);
  expect(family(at('GET /p/new', true))).toBe(false);
  expect(family(at('GET /p/login'))).toBe(false);
  expect(family(at('GET /q/red-shoe'))).toBe(false);
  expect(others(at('GET /p/red-shoe'))).toBe(false);
  expect(others(at('GET /q/red-shoe'))).toBe(true);
});
