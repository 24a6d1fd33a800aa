import fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestWord, segmentShape, shapes } from './shapes.ts';

test.each([
  ...[
    'login',
    'v2',
    'V1',
    'v1.10',
    'v2beta1',
    'oauth2',
    'sha256',
    'base64',
    'k8s',
    '2fa',
    'web3',
    'mp4',
    'a',
    'API',
    'Me',
  ],
  ...[
    '.well-known',
    'forgot-password',
    'request-password-reset',
    'getUserByIdAndName',
    'wp-login.php',
    'api',
    '',
  ],
  ...['messages:batchGet', 'openid-configuration', 'facade', '_search', 'i18n', '~jane', '1.1', '-'],
])('%j is a plain word', (segment) => {
  expect(segmentShape(segment)).toBeNull();
});

test.each([
  ['number', ['1', '12345', '-12', '+491701234567', '52.520008']],
  ['uuid', ['6f9619ff-8b86-d011-b42d-00cf4fc964ff', '6F9619FF-8B86-D011-B42D-00CF4FC964FF']],
  ['hex', ['deadbeef01', '5f3759df', 'DA39A3EE5E6B4B0D3255BFEF95601890AFD80709', 'abcdefabcdefabcd']],
  ['date', ['2026-11-16', '2026-11', '2026-11-16T10:00:00Z', '2026-11-16T10:00:00.123+01:00']],
  ['email', ['jane@example.com', 'j.d+x@a.io']],
  ['code', ['A', 'XL', 'AB-1234', 'SKU99812', 'LH400', 'A1B2C3', 'order-123', '12-3456-78', 'x1y22z']],
  ['token', ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'sk_live_4eC39HqLyjWDarjtT1zdp7dc']],
  ['token', ['Zk8mXq2LpR7vT0aB', 'aBcDeFgHiJkLmNoPqRsT', 'g'.repeat(65)]],
  ['slug', ['air-max-90-white', 'how-to-tie-your-shoes-quickly']],
  ['list', ['1,2,3', '52.5,13.4']],
  ['text', ['Jane Doe', 'größe', 'a/b', 'a%zz', "o'neill", '\u0000', '@jane']],
] as const)('%s: %j', (shape, segments) => {
  for (const segment of segments) expect([segment, segmentShape(segment)]).toEqual([segment, shape]);
});

test('every text has an answer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
      const shape = segmentShape(text);
      return shape === null || shapes.includes(shape);
    }),
  );
});

test('what is longer than a word is none, whatever it is made of', () => {
  const characters = fc.constantFrom(...'-_.~!$&()*+=:aZ09'.split(''));
  const long = fc.string({ unit: characters, minLength: longestWord + 1, maxLength: 100 });
  fc.assert(fc.property(long, (text) => segmentShape(text) !== null));
  for (const text of ['-', '.', '~', '=']) expect(segmentShape(text.repeat(8000))).toBe('token');
  expect(segmentShape(`1${'.'.repeat(8000)}`)).toBe('token');
  expect(segmentShape('-'.repeat(longestWord))).toBeNull();
});

test('a UUID without letters is a UUID', () => {
  expect(segmentShape('00000000-0000-1000-8000-000000000000')).toBe('uuid');
});

test('generated identifiers are never plain', () => {
  fc.assert(fc.property(fc.uuid(), (id) => segmentShape(id) === 'uuid'));
  fc.assert(fc.property(fc.nat(), (id) => segmentShape(String(id)) === 'number'));
  fc.assert(fc.property(fc.emailAddress(), (id) => segmentShape(id) !== null));
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true }), (date) => {
      return (
        segmentShape(date.toISOString()) === 'date' &&
        segmentShape(date.toISOString().slice(0, 10)) === 'date'
      );
    }),
  );
});
