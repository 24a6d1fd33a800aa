import fc from 'fast-check';
import { expect, test } from 'vitest';
import { goDuration, parseGoDuration } from './go-duration.ts';

test('what Go prints is read, and what is written is what was meant', () => {
  expect(parseGoDuration('3h59m59.872810844s')).toBeCloseTo(14_399_872.810844, 6);
  expect(parseGoDuration('-1.5s')).toBe(-1500);
  expect(parseGoDuration('872.5µs')).toBeCloseTo(0.8725, 6);
  for (const text of ['4d', '', '1h ', 'h']) expect(parseGoDuration(text)).toBeNull();
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
      expect(parseGoDuration(goDuration(ms))).toBeCloseTo(ms, 3);
    }),
  );
});
