import { expect, test } from 'vitest';
import { parseIp } from '../ip.ts';
import { createLaneHasher, lanes, lanesBytes } from './lanes.ts';
import { sipKey } from './siphash.ts';

const hasher = createLaneHasher(sipKey(Buffer.alloc(32, 5)));
const client = (site: string, ip: string): string => {
  const bytes = Buffer.alloc(lanesBytes);
  hasher.client(site, parseIp(ip)!, bytes);
  return bytes.toString('hex', lanes.client, lanes.client + 8);
};
const network = (site: string, ip: string): string => {
  const bytes = Buffer.alloc(lanesBytes);
  hasher.network(site, parseIp(ip)!, bytes);
  return bytes.toString('hex', lanes.network, lanes.network + 8);
};
const text = (lane: keyof typeof lanes, site: string, value: string): string => {
  const bytes = Buffer.alloc(lanesBytes);
  hasher.text(lane, site, value, bytes);
  return bytes.toString('hex', lanes[lane], lanes[lane] + 8);
};

test('one client is an IPv4 address or an IPv6 /64', () => {
  expect(client('a', '192.0.2.1')).not.toBe(client('a', '192.0.2.2'));
  expect(client('a', '2001:db8:1:2::1')).toBe(client('a', '2001:db8:1:2:ffff::9'));
  expect(client('a', '2001:db8:1:2::1')).not.toBe(client('a', '2001:db8:1:3::1'));
  expect(client('a', '192.0.2.1')).not.toBe(client('b', '192.0.2.1'));
});

test('one network is a /24 or a /48', () => {
  expect(network('a', '192.0.2.1')).toBe(network('a', '192.0.2.200'));
  expect(network('a', '192.0.2.1')).not.toBe(network('a', '192.0.3.1'));
  expect(network('a', '2001:db8:1:2::1')).toBe(network('a', '2001:db8:1:99::1'));
  expect(network('a', '2001:db8:1::1')).not.toBe(network('a', '2001:db8:2::1'));
});

test('lanes and sites have nothing in common, long and foreign texts differ by their ends', () => {
  expect(text('session', 'a', 'x')).not.toBe(text('account', 'a', 'x'));
  expect(text('session', 'a', 'x')).not.toBe(text('session', 'b', 'x'));
  expect(text('session', 'a', 'x')).toBe(text('session', 'a', 'x'));
  const long = 'y'.repeat(5000);
  expect(text('session', 'a', `${long}1`)).not.toBe(text('session', 'a', `${long}2`));
  expect(text('session', 'a', 'grün')).not.toBe(text('session', 'a', 'grun'));
});

test('only the lane is written, little endian, and the layout is fixed', () => {
  const bytes = Buffer.alloc(lanesBytes);
  hasher.text('partner', 'a', 'p', bytes);
  expect(bytes.subarray(0, lanes.partner).every((byte) => byte === 0)).toBe(true);
  expect(bytes.subarray(lanes.partner + 8).every((byte) => byte === 0)).toBe(true);
  expect(lanes).toEqual({
    client: 0,
    network: 8,
    session: 16,
    account: 24,
    endpoint: 32,
    fingerprint: 40,
    partner: 48,
    software: 56,
  });
});
