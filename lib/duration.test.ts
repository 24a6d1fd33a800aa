import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

test('text and milliseconds agree', () => {
  expect(parseDuration('1h30m')).toBe(5_400_000);
  expect(parseDuration('0.5s')).toBe(500);
  expect(formatDuration(90_061_001)).toBe('1d1h1m1s1ms');
  fc.assert(
    fc.property(fc.nat(10 ** 9), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

test.each(['', '5', 's', '5 s', '-1s', '1h30', '1e3s'])('refuses %j', (text) =>
  expect(parseDuration(text)).toBeNull(),
);
