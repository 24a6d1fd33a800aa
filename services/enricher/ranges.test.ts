import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, formatIp, parseIp, parseNetwork } from '../../lib/ip.ts';
import { createRangeTable, noRange, parseAddress } from './ranges.ts';

const ip = (text: string) => parseIp(text)!;

test('nested networks: the narrowest counts, and the wider one goes on after it', () => {
  const builder = createRangeTable([]);
  builder.addNetwork('10.0.0.0/8', 1);
  builder.addNetwork('10.1.0.0/16', 2);
  builder.addNetwork('10.1.2.3/32', 3);
  builder.addNetwork('2001:db8::/32', 4);
  builder.addNetwork('2001:db8:1::/48', 5);
  const table = builder.build();
  expect(table.get(ip('9.255.255.255'))).toBe(noRange);
  expect(table.get(ip('10.0.0.0'))).toBe(1);
  expect(table.get(ip('10.1.2.2'))).toBe(2);
  expect(table.get(ip('10.1.2.3'))).toBe(3);
  expect(table.get(ip('10.1.2.4'))).toBe(2);
  expect(table.get(ip('10.2.0.0'))).toBe(1);
  expect(table.get(ip('11.0.0.0'))).toBe(noRange);
  expect(table.get(ip('2001:db8:1::9'))).toBe(5);
  expect(table.get(ip('2001:db8:2::9'))).toBe(4);
  expect(table.get(ip('2001:db9::'))).toBe(noRange);
});

test('the ends of both address spaces', () => {
  const builder = createRangeTable([]);
  builder.addNetwork('0.0.0.0/0', 1);
  builder.addNetwork('255.255.255.255', 2);
  builder.addNetwork('ffff::/16', 3);
  const table = builder.build();
  expect(table.get(ip('0.0.0.0'))).toBe(1);
  expect(table.get(ip('255.255.255.254'))).toBe(1);
  expect(table.get(ip('255.255.255.255'))).toBe(2);
  expect(table.get(ip('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'))).toBe(3);
  expect(table.get(ip('::1'))).toBe(noRange);
});

test('property: CIDR look-up equals a linear search for the longest prefix', () => {
  const v4 = fc
    .tuple(fc.constantFrom(0, 1), fc.integer({ min: 0, max: 255 }), fc.integer({ min: 8, max: 32 }))
    .map(([b, c, length]) => `10.${b}.${c}.0/${length}`);
  const v6 = fc
    .tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 16, max: 128 }))
    .map(([group, length]) => `2001:db8:${group.toString(16)}::/${length}`);
  const probe = fc.oneof(
    fc
      .tuple(fc.constantFrom(0, 1), fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }))
      .map(([b, c, d]) => `10.${b}.${c}.${d}`),
    fc.integer({ min: 0, max: 15 }).map((group) => `2001:db8:${group.toString(16)}::1`),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(v4, v6), { maxLength: 40 }), fc.array(probe), (texts, probes) => {
      const networks = texts.map((text) => parseNetwork(text)!);
      const builder = createRangeTable([]);
      for (const [index, text] of texts.entries()) builder.addNetwork(text, index);
      const table = builder.build();
      for (const text of probes) {
        let best = noRange;
        networks.forEach((network, index) => {
          if (contains(network, ip(text)) && (best < 0 || network.prefix >= networks[best]!.prefix))
            best = index;
        });
        expect(table.get(ip(text))).toBe(best);
      }
    }),
    { numRuns: 200 },
  );
});

test('property: arbitrary IPv4 ranges never throw and cover exactly what was given', () => {
  const range = fc
    .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), (ranges) => {
      const builder = createRangeTable([]);
      for (const [first, last] of ranges) builder.addV4(first, last, 7);
      const table = builder.build();
      for (let address = 0; address <= 61; address++) {
        const covered = ranges.some(([first, last]) => first <= address && address <= last);
        expect(table.get(parseAddress(String(address))!)).toBe(covered ? 7 : noRange);
      }
    }),
  );
});

test('what lies in a special-purpose network is left out and counted; a wider network stays', () => {
  const builder = createRangeTable();
  const special = ['198.51.100.0/24', '10.1.2.3', '255.255.255.255', '2001:db8:1::/48', 'fe80::/64', '::1'];
  for (const text of special) expect(builder.addNetwork(text, 1)).toBe(true);
  expect(builder.add(ip('192.168.0.0'), ip('192.168.255.255'), 1)).toBe(true);
  expect(builder.addNetwork('198.51.0.0/16', 2)).toBe(true);
  expect(builder.addNetwork('2001:4860::/32', 2)).toBe(true);
  expect([builder.added, builder.leftOut]).toEqual([2, 7]);
  const table = builder.build();
  expect(
    ['10.1.2.3', '2001:db8:1::1', '198.51.101.1', '2001:4860::1'].map((text) => table.get(ip(text))),
  ).toEqual([noRange, noRange, 2, 2]);
});

test('addresses in decimal form', () => {
  expect(formatIp(parseAddress('16777216')!)).toBe('1.0.0.0');
  expect(formatIp(parseAddress('42540528726795050063891204319802818560')!)).toBe('2001:200::');
  expect(parseAddress('9'.repeat(39))).toBeNull();
  expect(parseAddress('9'.repeat(60))).toBeNull();
  expect(parseAddress('x')).toBeNull();
});
