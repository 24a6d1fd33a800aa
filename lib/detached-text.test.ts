import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detached } from './detached-text.ts';

test('says the same, whatever it is made of', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      expect(detached(text)).toBe(text);
      expect(detached(`<${text}>`.slice(1, -1))).toBe(text);
    }),
  );
  expect(detached('\ud800x\u00e9')).toBe('\ud800x\u00e9');
  const long = 'a'.repeat(5000);
  expect(detached(long)).toBe(long);
  expect(detached('')).toBe('');
});
