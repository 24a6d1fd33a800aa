import { expect, test } from 'vitest';
import { parseIp } from '../../../lib/ip.ts';
import { AddressLife } from './address-life.ts';

const ip = (text: string): Buffer => parseIp(text)!;
const minute = 60_000;

test('counts requests elsewhere, of an IPv6 /64 together, and forgets them after two generations', () => {
  const life = new AddressLife(100, () => {});
  for (let index = 0; index < 5; index++) life.note(ip(`2001:db8::${index + 1}`), index);
  life.note(ip('192.0.2.1'), 14 * minute);
  expect(life.of(ip('2001:db8::ffff'), 14 * minute)).toBe(5);
  expect(life.of(ip('192.0.2.1'), 29 * minute)).toBe(1);
  expect(life.of(ip('192.0.2.2'), 29 * minute)).toBe(0);
  expect(life.of(ip('192.0.2.1'), 30 * minute)).toBe(0);
});

test('is bounded, says so, and goes on from a snapshot', () => {
  let full = 0;
  const life = new AddressLife(2, () => full++);
  for (const text of ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.1']) life.note(ip(text), 0);
  expect(full).toBe(1);
  const again = new AddressLife(2, () => {}, life.snapshot());
  expect([again.of(ip('192.0.2.1'), 1), again.of(ip('192.0.2.3'), 1), again.entries]).toEqual([2, 0, 2]);
});
