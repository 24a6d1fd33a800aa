import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byParticularity, endpointPattern } from './endpoint-pattern.ts';
import { atLeastPattern, atMostPattern, literalPattern } from './pattern-text.ts';

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

test('number patterns are the comparisons', () => {
  fc.assert(
    fc.property(fc.nat(1200), fc.nat(1200), (bound, value) => {
      expect(whole(atMostPattern(bound)).test(String(value))).toBe(value <= bound);
      expect(whole(atLeastPattern(bound)).test(String(value))).toBe(value >= bound);
    }),
  );
});

test('a literal pattern matches its text and nothing else', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, other) => {
      const bytes = (value: string) => Buffer.from(value, 'utf8').toString('latin1');
      expect(whole(literalPattern(text)).test(bytes(text))).toBe(true);
      expect(whole(literalPattern(text)).test(bytes(other))).toBe(text === other);
    }),
  );
});

const fits = (endpoint: string, line: string): boolean => whole(endpointPattern(endpoint)!).test(line);

test('an endpoint fits its paths, with slashes and matrix parameters that mean nothing', () => {
  const stock = 'GET /stores/{number}/stock';
  expect(
    ['GET /stores/12/stock', 'GET //stores/12/stock/', 'GET /stores/12;a=1/stock'].map((l) => fits(stock, l)),
  ).toEqual([true, true, true]);
  expect(
    ['POST /stores/12/stock', 'GET /stores/a/stock', 'GET /stores/12/stock/x'].map((l) => fits(stock, l)),
  ).toEqual([false, false, false]);
  // A second variable of the same shape stays of that shape.
  expect(fits('GET /a/{number}/b/{number_2}', 'GET /a/1/b/2')).toBe(true);
  expect(fits('GET /a/{number}/b/{number_2}', 'GET /a/1/b/x')).toBe(false);
  expect(['AB-1234', '12a', 'a12', '1a2'].map((code) => fits('GET /p/{code}', `GET /p/${code}`))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['12', 'a1', 'abc'].map((code) => fits('GET /p/{code}', `GET /p/${code}`))).toEqual([
    false,
    false,
    false,
  ]);
  expect(fits('GET /p/{slug}', 'GET /p/air-max-90')).toBe(true);
  expect(fits('GET /p/{text}', 'GET /p/a b')).toBe(true);
  expect(fits('GET /p/{text}', 'GET /p/ab')).toBe(false);
  expect(fits('GET /p/{list}', 'GET /p/1,2')).toBe(true);
});

test('no path makes a pattern slow: one that backtracks would run into the time limit', () => {
  for (const shape of ['code', 'slug', 'text', 'list', 'email', 'token'])
    for (const unit of ['-', '1', 'a', '1a', ';', ',', '-1;'])
      expect(fits(`GET /p/{${shape}}/x`, `GET /p/${unit.repeat(20_000)}!`)).toBe(false);
});

test('words go before variables, and narrow shapes before wide ones', () => {
  expect(byParticularity(['GET /a/{text}', 'GET /a/{number}', 'GET /a/b', 'GET /{id}/b'])).toEqual([
    'GET /a/b',
    'GET /a/{number}',
    'GET /a/{text}',
    'GET /{id}/b',
  ]);
});
