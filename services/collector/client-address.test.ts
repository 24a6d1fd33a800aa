import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contains, formatIp, parseIp, parseNetwork } from '../../lib/ip.ts';
import {
  createClientAddressResolver,
  parseForwardedAddress,
  proxyLineAddress,
  splitForwarded,
  splitForwardedFor,
} from './client-address.ts';

const trusted = ['10.0.0.0/8', '2001:db8:aaaa::/48'].map((text) => parseNetwork(text)!);
const resolve = createClientAddressResolver(trusted);
const client = (peer: string, list: string | null): string =>
  formatIp(resolve(parseIp(peer)!, list === null ? null : splitForwardedFor(list)));

test.each([
  ['203.0.113.9', null, '203.0.113.9'],
  ['203.0.113.9', '198.51.100.1', '203.0.113.9'], // the peer is not ours: its header is its own invention
  ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['10.0.0.1', '192.0.2.66, 198.51.100.1', '198.51.100.1'],
  ['10.0.0.1', '192.0.2.66, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
  ['10.0.0.1', '10.1.1.1, 10.0.0.2', '10.1.1.1'],
  ['10.0.0.1', '', '10.0.0.1'],
  ['10.0.0.1', 'unknown, 10.0.0.2', '10.0.0.2'],
  ['::ffff:10.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
  ['2001:db8:aaaa::1', '2001:db8:1::5', '2001:db8:1::5'],
])('peer %s with %j is client %s', (peer, list, expected) => {
  expect(client(peer, list)).toBe(expected);
});

test('without trusted proxies no header is believed', () => {
  const nobody = createClientAddressResolver([]);
  expect(formatIp(nobody(parseIp('10.0.0.1')!, ['198.51.100.1']))).toBe('10.0.0.1');
});

test('entries with ports, brackets and quotes', () => {
  const text = (entry: string): string | null => {
    const ip = parseForwardedAddress(entry);
    return ip === null ? null : formatIp(ip);
  };
  expect(text(' 192.0.2.1:4711 ')).toBe('192.0.2.1');
  expect(text('"[2001:db8::1]:443"')).toBe('2001:db8::1');
  expect(text('[2001:db8::1]')).toBe('2001:db8::1');
  expect(text('2001:db8::1')).toBe('2001:db8::1');
  for (const bad of [
    '_hidden',
    'unknown',
    '',
    '192.0.2.1:http',
    '192.0.2.1:',
    '[2001:db8::1',
    '[::1]x',
    '1.2.3',
  ]) {
    expect(text(bad)).toBeNull();
  }
  expect(splitForwarded('for=192.0.2.60;proto=http;by=203.0.113.43, For="[2001:db8::1]:1"')).toEqual([
    '192.0.2.60',
    '"[2001:db8::1]:1"',
  ]);
  expect(proxyLineAddress('PROXY TCP4 192.0.2.1 198.51.100.1 56324 443')).toEqual(['192.0.2.1']);
  expect(proxyLineAddress('PROXY UNKNOWN')).toBeNull();
});

describe('spoofing', () => {
  const publicIp = fc.ipV4().filter((ip) => !trusted.some((network) => contains(network, parseIp(ip)!)));
  const ownIp = fc.nat({ max: 0xffffff }).map((n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
  const invented = fc.array(fc.oneof(publicIp, ownIp, fc.string({ maxLength: 20 })), { maxLength: 5 });

  test('whatever a client puts in front, the address the first trusted proxy saw is taken', () => {
    fc.assert(
      fc.property(publicIp, invented, fc.array(ownIp, { maxLength: 3 }), ownIp, (real, lies, hops, peer) => {
        const header = [...lies.map((lie) => lie.replaceAll(',', '')), real, ...hops].join(', ');
        expect(client(peer, header)).toBe(formatIp(parseIp(real)!));
      }),
    );
  });

  test('a client that connects itself cannot name another', () => {
    fc.assert(
      fc.property(publicIp, invented, (real, lies) => {
        expect(client(real, lies.join(','))).toBe(formatIp(parseIp(real)!));
      }),
    );
  });
});
