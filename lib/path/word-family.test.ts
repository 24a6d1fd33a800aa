import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endpointTest, familiesOf } from './word-family.ts';

test.each([
  ['GET /products/red-shoe', ['GET /{word}/red-shoe', 'GET /products/{word}']],
  ['GET shop.example/p/shoe', ['GET shop.example/{word}/shoe', 'GET shop.example/p/{word}']],
  [
    'GET /p/{other}/reviews',
    ['GET /{word}/{other}/reviews', 'GET /p/{word}/reviews', 'GET /p/{other}/{word}'],
  ],
  ['GET /{number}', []],
  ['GET /', []],
])('%s may belong to %j', (endpoint, families) => {
  expect(familiesOf(endpoint)).toEqual(families);
});

test('a word that says what an endpoint is for is never given up', () => {
  expect(familiesOf('GET /p/checkout')).not.toContain('GET /p/{word}');
  expect(endpointTest('GET /p/{word}')('GET /p/checkout')).toBe(false);
});

test('property: a test accepts exactly the endpoints that name the family', () => {
  const segment = fc.constantFrom('p', 'q', 'shoe', 'login', 'stock', '{number}', '{other}', 'v2');
  const endpoint = fc
    .array(segment, { minLength: 1, maxLength: 4 })
    .map((parts) => `GET /${parts.join('/')}`);
  fc.assert(
    fc.property(endpoint, endpoint, (one, other) => {
      for (const family of familiesOf(one)) {
        const belongs = endpointTest(family);
        expect(belongs(one)).toBe(true);
        expect(belongs(family)).toBe(true);
        expect(belongs(other)).toBe(familiesOf(other).includes(family));
      }
      expect(endpointTest(one)(other)).toBe(one === other);
    }),
  );
});
