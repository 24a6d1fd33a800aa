import { expect, test } from 'vitest';
import { isNameable, sampledValue, tooLong } from './nameable.ts';

test('a value of up to 1,024 bytes is sampled as it is', () => {
  for (const value of ['', 'curl/8', 'x'.repeat(1024), '中'.repeat(341)]) {
    expect(sampledValue(value)).toBe(value);
    expect(isNameable(value)).toBe(true);
  }
});

test('a longer one is some value that nothing can name', () => {
  for (const value of ['x'.repeat(1025), '中'.repeat(342)]) expect(sampledValue(value)).toBe(tooLong);
  expect(isNameable(tooLong)).toBe(false);
  expect(isNameable(null)).toBe(false);
});
