import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConfigError } from '../../../lib/config.ts';
import type { Command } from '../../../lib/contracts/generated.ts';
import { overlaps, parseNetwork } from '../../../lib/ip.ts';
import { inPackage } from '../../../lib/package-root.ts';
import { createCommandBook } from './command-book.ts';
import { createProtection, type ProtectionOptions } from './protection.ts';

const options: ProtectionOptions = {
  networks: ['198.51.100.0/24'],
  files: [],
  shippedFolder: inPackage('data', 'never-block'),
};
const ip = (value: string) => ({ kind: value.includes('/') ? 'cidr' : 'ip', value });
const command = (values: Partial<Command>): Command => ({
  command_id: `cmd_${JSON.stringify(values)}`,
  kind: 'allow',
  site: 'default',
  target: null,
  decision_id: null,
  action: null,
  scope: null,
  reason: 'partner',
  who: 'ada',
  at: 0,
  until_at: null,
  edge: null,
  ...values,
});
const allow = (value: string, values: Partial<Command> = {}) =>
  command({ target: { ...ip(value), signature: null }, ...values });

test('private, own, CDN and bot networks, and too wide blocks are refused', () => {
  const protection = createProtection(options, createCommandBook());
  const reason = (value: string) => protection.refuse('default', ip(value), 0)?.reason ?? null;
  expect(['10.1.2.3', '127.0.0.1', '169.254.1.1', '::1', 'fe80::1', '224.0.0.1'].map(reason)).toEqual(
    Array(6).fill('never_block'),
  );
  expect(reason('198.51.100.7')).toBe('never_block');
  expect(reason('198.51.0.0/16')).toBe('never_block');
  expect(reason('103.21.244.9')).toBe('never_block');
  expect(reason('34.22.85.1')).toBe('never_block');
  expect(reason('8.0.0.0/15')).toBe('too_wide');
  expect(reason('2600::/31')).toBe('too_wide');
  expect(reason('0.0.0.0/0')).toBe('too_wide');
  expect(reason('not an address')).toBe('not_an_address');
  expect(reason('203.0.113.9')).toBeNull();
  expect(reason('2001:db8::/32')).toBeNull();
});

test('allow entries protect both ways of overlap, per site, until they end, and can be taken back', () => {
  const book = createCommandBook();
  const protection = createProtection(options, book);
  const refused = (value: string, at = 5, site = 'default') =>
    protection.refuse(site, ip(value), at)?.reason === 'allow_list';
  expect(refused('203.0.113.9')).toBe(false);
  book.apply(allow('203.0.113.8/29', { until_at: 100 }));
  expect([refused('203.0.113.9'), refused('203.0.113.0/24'), refused('203.0.113.1')]).toEqual([
    true,
    true,
    false,
  ]);
  expect([
    refused('203.0.113.9', 5, 'shop'),
    refused('203.0.113.9', 100),
    refused('203.0.113.9', 99),
  ]).toEqual([false, false, true]);
  book.apply(allow('203.0.113.8/29', { kind: 'disallow', at: 50 }));
  book.apply(allow('203.0.113.8/29', { at: 20 })); // read late: older than the disallow
  expect(refused('203.0.113.9')).toBe(false);
});

test('only an entry that covers everything exempts an address from rules', () => {
  const book = createCommandBook();
  const protection = createProtection(options, book);
  const exempt = (value: string) =>
    protection.exempt('default', 0).some((network) => overlaps(network, parseNetwork(value)!));
  book.apply(allow('203.0.113.8'));
  book.apply(allow('203.0.113.9', { scope: 'all' }));
  expect([exempt('203.0.113.8'), exempt('203.0.113.9'), exempt('127.0.0.1')]).toEqual([false, true, true]);
});

test('the kill switch: the newest of site and all sites counts', () => {
  const book = createCommandBook();
  book.apply(command({ kind: 'kill', site: '*', at: 1 }));
  expect(book.killed('shop')).not.toBeNull();
  book.apply(command({ kind: 'resume', site: 'shop', at: 2 }));
  expect([book.killed('shop'), book.killed('default') !== null]).toEqual([null, true]);
  const isKilled = (...sites: string[]) => book.killedAll(sites) !== null;
  expect([isKilled(), isKilled('default'), isKilled('shop'), isKilled('shop', 'default')]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('a list that can not be read, or a line that is no network, refuses to start', () => {
  const start = (values: Partial<ProtectionOptions>) =>
    createProtection({ ...options, ...values }, createCommandBook());
  expect(() => start({ files: ['no/such/file'] })).toThrow(ConfigError);
  expect(() => start({ networks: ['300.1.1.1'] })).toThrow(/300\.1\.1\.1/);
  expect(() => start({ networks: ['0.0.0.0/0'] })).toThrow(/0\.0\.0\.0\/0 is wider than \/8/);
});

test('whatever is allowed, nothing that overlaps it gets through', () => {
  const address = fc
    .tuple(fc.nat(3), fc.nat(3), fc.integer({ min: 16, max: 32 }))
    .map(([a, b, length]) => `203.0.${a}.${b}/${length}`);
  fc.assert(
    fc.property(fc.array(address, { minLength: 1, maxLength: 8 }), address, (allowed, asked) => {
      const book = createCommandBook();
      const protection = createProtection(options, book);
      for (const value of allowed) book.apply(allow(value));
      const expected = allowed.some((value) => overlaps(parseNetwork(value)!, parseNetwork(asked)!));
      expect(protection.refuse('default', ip(asked), 0) !== null).toBe(expected);
    }),
    { numRuns: 100 },
  );
});
