import { expect, test } from 'vitest';
import { parseIp } from '../../lib/ip.ts';
import { createKnownClients } from './known-clients.ts';

test('equal texts give the same bytes and the same text, from whatever line they come', () => {
  const clients = createKnownClients();
  const take = (ip: string, agent: string) => {
    const line = `${ip} "${agent}" rest`;
    const address = clients.address(line, 0, ip.length);
    return { address, agent: clients.agent(line, ip.length + 2, ip.length + 2 + agent.length).text };
  };
  const first = take('203.0.113.7', 'Mozilla/5.0');
  expect(first).toEqual({ address: parseIp('203.0.113.7'), agent: 'Mozilla/5.0' });
  expect(take('203.0.113.7', 'Mozilla/5.0').address).toBe(first.address);
  expect(take('203.0.113.7', 'Mozilla/5.1').agent).toBe('Mozilla/5.1');
  expect(take('203.0.113.8', 'curl').agent).toBe('curl');
  expect(take('203.0.113.7', 'curl').agent).toBe('curl');
  expect(take('nobody', 'curl')).toEqual({ address: null, agent: 'curl' });
});

test('a text with escapes is never taken for the one it reads as', () => {
  const clients = createKnownClients();
  const read = (agent: string) => {
    const line = `203.0.113.7 "${agent}"`;
    clients.address(line, 0, 11);
    return clients.agent(line, 13, 13 + agent.length).text;
  };
  expect(read('a\\x22b')).toBe('a"b');
  expect(read('a\\x22b')).toBe('a"b');
  expect(read('a"b')).toBe('a"b');
  expect(read('a\\"b')).toBe('a"b');
});
