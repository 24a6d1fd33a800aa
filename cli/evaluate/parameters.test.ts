import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { parseParameters } from './parameters.ts';

test('reads several in one text and several texts', () => {
  expect(parseParameters(['rate=80,attack=2', 'delay=0'])).toEqual({ rate: 80, attack: 2, delay: 0 });
});

test.each([
  ['foo=1', /^foo=1: use name=number with one of rate, attack, /],
  ['rate=abc', /^rate=abc: a number from 1 to 10000$/],
  ['rate', /^rate: use name=number/],
  ['rate=', /^rate=: use name=number/],
  ['rate=0,foo=1', /^rate=0: a number .*; foo=1: use name=number/],
  ['constructor=1', /^constructor=1: use name=number/],
])('%s is refused', (text, message) => {
  expect(() => parseParameters([text])).toThrow(InvalidArgumentError);
  expect(() => parseParameters([text])).toThrow(message);
});
