import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { expect, test } from 'vitest';
import { contains, formatIp, formatNetwork, isV4, overlaps, parseIp, parseNetwork } from './ip.ts';

test('agrees with ipaddr.js on every valid address, both ways', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      fc.pre(!/^::\d+\./.test(text)); // ipaddr.js reads the deprecated ::a.b.c.d as IPv4-mapped; RFC 4291 does not
      const bytes = parseIp(text);
      const parsed = ipaddr.parse(text);
      const v6 =
        parsed.kind() === 'ipv4' ? (parsed as ipaddr.IPv4).toIPv4MappedAddress() : (parsed as ipaddr.IPv6);
      expect([...(bytes ?? [])]).toEqual(v6.toByteArray());
      const shown = v6.isIPv4MappedAddress() ? v6.toIPv4Address().toString() : v6.toRFC5952String();
      expect(formatIp(bytes!)).toBe(shown);
    }),
    { numRuns: 2000 },
  );
});

test('any text is either an address that comes back the same, or null', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcf:./% '), maxLength: 46 }), (text) => {
      const bytes = parseIp(text);
      if (bytes !== null) expect(parseIp(formatIp(bytes))).toEqual(bytes);
    }),
    { numRuns: 5000 },
  );
});

test.each([
  '',
  '1.2.3',
  '1.2.3.4.5',
  '01.2.3.4',
  '256.1.1.1',
  '1.2.3.4 ',
  ':::',
  '1::2::3',
  '12345::',
  '::1.2.3',
  '1:2:3:4:5:6:7:8:9',
  '1:',
  ':1',
])('refuses %j', (text) => expect(parseIp(text)).toBeNull());

test('an IPv4-mapped address is the IPv4 address', () => {
  expect(parseIp('::ffff:192.0.2.7')).toEqual(parseIp('192.0.2.7'));
  expect(isV4(parseIp('::ffff:c000:207')!)).toBe(true);
});

test('the deprecated IPv4-compatible form is not taken for IPv4', () => {
  expect(formatIp(parseIp('::1.2.3.4')!)).toBe('::102:304');
});

test('networks clear host bits and know their members', () => {
  const network = parseNetwork('192.0.2.77/24')!;
  expect(formatNetwork(network)).toBe('192.0.2.0/24');
  expect(contains(network, parseIp('192.0.2.255')!)).toBe(true);
  expect(contains(network, parseIp('192.0.3.0')!)).toBe(false);
  expect(overlaps(network, parseNetwork('192.0.2.128/25')!)).toBe(true);
  expect(overlaps(parseNetwork('2001:db8::/33')!, parseNetwork('2001:db8:8000::/33')!)).toBe(false);
  expect(formatNetwork(parseNetwork('2001:DB8::1')!)).toBe('2001:db8::1/128');
  for (const bad of ['192.0.2.0/33', '::/129', '192.0.2.0/', '192.0.2.0/-1'])
    expect(parseNetwork(bad)).toBeNull();
});
