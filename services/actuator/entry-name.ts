import { formatNetwork, isV4Network, type Network } from '../../lib/ip.ts';
import type { EntryKind } from './edge.ts';

/** Identity of an entry at every edge: kind and canonical value, and both as one text. */
export interface EntryName {
  readonly key: string;
  readonly kind: EntryKind;
  readonly value: string;
}

export function named(kind: EntryKind, value: string): EntryName {
  return { key: `${kind}|${value}`, kind, value };
}

export function networkName(network: Network): EntryName {
  return named(isV4Network(network) ? 'ip4' : 'ip6', formatNetwork(network));
}

export function isAddress({ kind }: { readonly kind: EntryKind }): boolean {
  return kind === 'ip4' || kind === 'ip6';
}

/** Length of the longest IPv6 network among the keys; 0: there is none. */
export function longestV6Of(keys: Iterable<string>): number {
  let longest = 0;
  for (const key of keys)
    if (key.startsWith('ip6|')) longest = Math.max(longest, Number(key.slice(key.lastIndexOf('/') + 1)));
  return longest;
}

/**
 * Whether it may hold what others name; by its key. `longestV6`: of the others. A client is an address of IPv4 and
 * mostly a /64 of IPv6, which holds nobody else's entry unless there are longer ones.
 */
export function isWideNetwork(key: string, longestV6: number): boolean {
  if (key.startsWith('ip4|')) return !key.endsWith('/32');
  if (!key.startsWith('ip6|')) return false;
  // All of IPv4 lies in `::ffff:0:0/96`.
  if (key.startsWith('ip6|::')) return !key.endsWith('/128');
  return Number(key.slice(key.lastIndexOf('/') + 1)) < longestV6;
}
