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

/** Whether it names more than one address, so that it may hold what others name; by its key. */
export function isWideNetwork(key: string): boolean {
  return key.startsWith('ip4|') ? !key.endsWith('/32') : key.startsWith('ip6|') && !key.endsWith('/128');
}
