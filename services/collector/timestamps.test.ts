import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIsoTimestamp, parseLogTimestamp } from './timestamps.ts';

const dates = fc.date({
  min: new Date('1970-01-01T00:00:00Z'),
  max: new Date('2199-12-31T23:59:59Z'),
  noInvalidDate: true,
});

test('RFC 3339 agrees with Date', () => {
  fc.assert(
    fc.property(dates, fc.integer({ min: -840, max: 840 }), (date, offset) => {
      expect(parseIsoTimestamp(date.toISOString())).toBe(date.getTime());
      const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 23);
      const sign = offset < 0 ? '-' : '+';
      const zone = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60].map((n) =>
        String(n).padStart(2, '0'),
      );
      if (/^\d{4}/.test(local))
        expect(parseIsoTimestamp(`${local}${sign}${zone.join(':')}`)).toBe(date.getTime());
    }),
  );
  expect(parseIsoTimestamp('2026-11-16 10:12:04.123456789Z')).toBe(Date.UTC(2026, 10, 16, 10, 12, 4, 123));
});

test.each([
  '',
  '2026-11-16',
  '2026-11-16T10:12:04',
  '2026-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-11-16T24:00:00Z',
  '2026-11-16T10:12:04.Z',
  '2026-11-16T10:12:04Z ',
  '2026-11-16T10:12:04+1:00',
  'yesterday at some time',
])('%j is no RFC 3339 time', (text) => {
  expect(parseIsoTimestamp(text)).toBeNaN();
});

test('the stamp of access logs', () => {
  expect(parseLogTimestamp('16/Nov/2026:10:12:04 +0100')).toBe(Date.UTC(2026, 10, 16, 9, 12, 4));
  expect(parseLogTimestamp('29/Feb/2024:23:59:60 -0330')).toBe(Date.UTC(2024, 2, 1, 3, 30, 0));
  for (const bad of ['16/nov/2026:10:12:04 +0100', '31/Nov/2026:10:12:04 +0100', '16/Nov/2026:10:12:04', '-'])
    expect(parseLogTimestamp(bad)).toBeNaN();
});

test('any text has an answer', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      expect(typeof parseIsoTimestamp(text)).toBe('number');
      expect(typeof parseLogTimestamp(text)).toBe('number');
    }),
  );
});
