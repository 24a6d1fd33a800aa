import { expect, test } from 'vitest';
import { Members } from './members.ts';

test('at the limit the oldest that was not listed makes room, and listed ones stay', () => {
  const members = new Members(10);
  for (let lo = 1; lo <= 5; lo++) members.of(lo << 11, 1, 0, 0).revision = 1;
  for (let lo = 6; lo <= 500; lo++) members.of(lo << 11, 1, lo, 0).hits++;
  expect(members.evictions).toBe(490);
  for (let lo = 1; lo <= 5; lo++) expect(members.of(lo << 11, 1, 0, 0).revision).toBe(1);
  for (let lo = 496; lo <= 500; lo++) expect(members.of(lo << 11, 1, 0, 0).hits).toBe(1);
  expect(members.evictions).toBe(490);
  const again = new Members(10, members.snapshot());
  expect(again.of(500 << 11, 1, 0, 0).hits).toBe(1);
  expect(again.snapshot()).toEqual(members.snapshot());
});

test('where all are listed the oldest goes', () => {
  const members = new Members(3);
  for (let lo = 1; lo <= 5; lo++) members.of(lo << 11, 1, 0, 0).revision = 1;
  expect(members.snapshot()).toHaveLength(3);
});
