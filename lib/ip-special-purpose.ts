import { type Network, parseNetwork } from './ip.ts';

/**
 * Networks that belong to nobody on the internet (RFC 6890 and its registries): private and shared, loopback,
 * link-local, for documentation and benchmarks, multicast, reserved, and those that carry other addresses (6to4, Teredo).
 */
export const specialPurposeNetworks: readonly Network[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3', // multicast and reserved
  '::/96', // unspecified, loopback, and IPv4 as it was once embedded
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
].map((text) => parseNetwork(text)!);
