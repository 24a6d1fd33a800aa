import { expect, test } from 'vitest';
import { countNames } from '../../layout.ts';
import { phrases } from './phrases.ts';

test.each(countNames)('%s is said in words of its own', (name) => {
  const phrase = phrases[name];
  // a verb first, as "share of requests that" wants it, and no name as the code spells it
  expect(phrase).toMatch(/^(were|came|got|asked|showed|have|skipped|paid|went|named) [a-zA-Z, ]+$/);
});

test('no two counts are told alike', () => {
  expect(new Set(Object.values(phrases)).size).toBe(countNames.length);
});
