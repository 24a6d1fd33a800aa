import { parseNetwork } from '../../../lib/ip.ts';
import type { ObservedEntry } from '../edge.ts';
import { type EntryName, named, networkName } from '../entry-name.ts';

/** An item of a vendor's list: what it stands for, and the id that it is deleted by. */
export interface VendorItem {
  readonly observed: ObservedEntry;
  readonly id: string;
}

/** What one look found, and the ids of what is ours: only those may be deleted. */
export interface VendorEntries {
  /** At most one a key; ours before somebody else's. */
  readonly entries: readonly ObservedEntry[];
  /** Ids of our items of a key; more than one where a vendor lets the same value in twice. */
  idsOf(key: string): readonly string[];
}

export function vendorEntries(items: Iterable<VendorItem>): VendorEntries {
  const entries = new Map<string, ObservedEntry>();
  const ids = new Map<string, string[]>();
  for (const { observed, id } of items) {
    const { key, owner } = observed;
    if (owner !== 'foreign') ids.set(key, [...(ids.get(key) ?? []), id]);
    if (!entries.has(key) || owner !== 'foreign') entries.set(key, observed);
  }
  return { entries: [...entries.values()], idsOf: (key) => ids.get(key) ?? [] };
}

/** Address or network as vendors write it (with or without length, in any case) by our name. */
export function addressName(text: string): EntryName {
  const network = parseNetwork(text);
  if (network === null) return named('ip4', text);
  return networkName(network);
}

/** `192.0.2.1` of `192.0.2.1/32`; networks as they are. */
export function withoutHostLength(value: string): string {
  return value.replace(value.includes(':') ? /\/128$/ : /\/32$/, '');
}

export function* inBatches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
