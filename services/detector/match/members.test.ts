import { expect, test } from 'vitest';
import { Members } from './members.ts';

test('at the limit the oldest that was not listed makes room, and listed ones stay', () => {
  const members = new Members(10, 1);
  for (let lo = 1; lo <= 5; lo++) members.hit(lo << 11, 1, 0, 0)!.revision = 1;
  for (let lo = 6; lo <= 500; lo++) members.hit(lo << 11, 1, lo, 0);
  expect(members.evictions).toBe(490);
  for (let lo = 1; lo <= 5; lo++) expect(members.hit(lo << 11, 1, 0, 0)!.revision).toBe(1);
  for (let lo = 496; lo <= 500; lo++) expect(members.hit(lo << 11, 1, 0, 0)!.hits).toBe(2);
  expect(members.evictions).toBe(490);
  const again = new Members(10, 1, members.snapshot());
  expect(again.hit(500 << 11, 1, 0, 0)!.hits).toBe(3);
  expect(members.hit(500 << 11, 1, 0, 0)!.hits).toBe(3);
  expect(again.snapshot()).toEqual(members.snapshot());
});

test('where all are listed the oldest goes', () => {
  const members = new Members(3, 1);
  for (let lo = 1; lo <= 5; lo++) members.hit(lo << 11, 1, 0, 0)!.revision = 1;
  expect(members.snapshot().members).toHaveLength(3);
});

test('those that came once never push out those that came again', () => {
  const members = new Members(10, 3);
  for (let lo = 1; lo <= 10; lo++) {
    expect(members.hit(lo << 11, 7, lo, 100 + lo)).toBe(null);
    expect(members.hit(lo << 11, 7, 50, 200)).toMatchObject({
      hits: 2,
      firstSeenAt: lo,
      firstOffset: 100 + lo,
    });
  }
  for (let lo = 11; lo <= 1000; lo++) expect(members.hit(lo << 11, 7, lo, lo)).toBe(null);
  expect(members.evictions).toBe(980);
  const again = new Members(10, 3, members.snapshot());
  for (const each of [members, again]) {
    for (let lo = 1; lo <= 10; lo++) expect(each.hit(lo << 11, 7, 0, 0)!.hits).toBe(3);
    expect(each.hit(1000 << 11, 7, 0, 0)!.firstSeenAt).toBe(1000);
  }
  expect(again.snapshot()).toEqual(members.snapshot());
});

test('whom a campaign listed that was none is let go once, and nobody is listed any more', () => {
  const members = new Members(10, 1);
  for (let lo = 1; lo <= 5; lo++) members.hit(lo << 11, 1, 0, 0)!.revision = lo % 2;
  const again = new Members(10, 1, members.snapshot());
  for (const each of [members, again]) {
    expect(each.letGo().map(({ lo }) => lo >>> 11)).toEqual([1, 3, 5]);
    expect(each.letGo()).toEqual([]);
    expect(each.hit(1 << 11, 1, 0, 0)).toBe(null);
    expect(new Members(10, 1, each.snapshot()).hit(7 << 11, 1, 0, 0)).toBe(null);
  }
});
