import { expect, test } from 'vitest';
import { isTooDeep } from './nesting.ts';

const nested = (levels: number, open: string, close: string): unknown =>
  JSON.parse(`${open.repeat(levels)}1${close.repeat(levels)}`);

test('only what is nested deeper than 32 levels is too deep', () => {
  expect([1, 'text', null, true, {}, [[]]].map((value) => isTooDeep(value))).not.toContain(true);
  expect(isTooDeep(nested(32, '[', ']'))).toBe(false);
  expect(isTooDeep(nested(33, '[', ']'))).toBe(true);
  expect(isTooDeep(nested(33, '{"a":', '}'))).toBe(true);
});

test('a depth that would exhaust the stack is told as well', () => {
  expect(isTooDeep(nested(100_000, '{"a":', '}'))).toBe(true);
});
