import { expect, test } from 'vitest';
import { AddressLife } from './address-life.ts';

const minute = 60;

test('counts requests elsewhere and forgets them after two generations', () => {
  const life = new AddressLife(100);
  for (let index = 0; index < 5; index++) life.note(1, 7, index);
  life.note(2, 7, 14 * minute);
  expect(life.of(1, 7, 14 * minute)).toBe(5);
  expect(life.of(2, 7, 29 * minute)).toBe(1);
  expect(life.of(3, 7, 29 * minute)).toBe(0);
  expect(life.of(2, 7, 30 * minute)).toBe(0);
});

test('a silence of several generations is forgotten whole', () => {
  const life = new AddressLife(100);
  life.note(1, 1, 0);
  life.note(2, 1, 60 * minute);
  expect([life.of(1, 1, 60 * minute), life.of(2, 1, 60 * minute), life.entries]).toEqual([0, 1, 1]);
});

test('is bounded, says so, and goes on from a snapshot', () => {
  const life = new AddressLife(2);
  for (const lo of [1, 2, 3, 1]) life.note(lo, 0, 0);
  expect(life.missed).toBe(1);
  const again = new AddressLife(2, life.snapshot());
  expect([again.of(1, 0, 1), again.of(3, 0, 1), again.entries]).toEqual([2, 0, 2]);
});
