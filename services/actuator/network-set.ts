import { contains, type Network } from '../../lib/ip.ts';

/**
 * Networks with a value each, built once, asked often: a look-up is one binary search and a short chain of enclosing
 * networks.
 */
export interface NetworkSet<V> {
  readonly size: number;
  /** The widest member that contains the whole network, or null. */
  covering(network: Network): { readonly network: Network; readonly value: V } | null;
  /** Some member that shares at least one address with the network, or null. */
  overlapping(network: Network): { readonly network: Network; readonly value: V } | null;
  entries(): readonly { readonly network: Network; readonly value: V }[];
}

export function createNetworkSet<V>(members: Iterable<readonly [Network, V]>): NetworkSet<V> {
  const sorted: { readonly network: Network; readonly value: V; readonly parent: number }[] = [];
  const inOrder = [...members].sort(
    ([a], [b]) => Buffer.compare(a.address, b.address) || a.prefix - b.prefix,
  );
  // Networks are nested or apart, so the enclosing ones of a member stand before it, as a chain.
  for (const [network, value] of inOrder) {
    const last = sorted.length - 1;
    const before = sorted[last]?.network;
    if (before?.prefix === network.prefix && before.address.equals(network.address)) {
      sorted[last] = { network, value, parent: sorted[last]!.parent };
      continue;
    }
    let parent = last;
    while (parent >= 0 && !contains(sorted[parent]!.network, network.address))
      parent = sorted[parent]!.parent;
    sorted.push({ network, value, parent });
  }
  /** Index of the first member whose address is above `address`. */
  const above = (address: Buffer): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Buffer.compare(sorted[middle]!.network.address, address) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const coveringBefore = (index: number, network: Network) => {
    let widest = null;
    for (let at = index - 1; at >= 0; at = sorted[at]!.parent) {
      const member = sorted[at]!;
      if (member.network.prefix <= network.prefix && contains(member.network, network.address))
        widest = member;
    }
    return widest;
  };
  return {
    size: sorted.length,
    covering: (network) => coveringBefore(above(network.address), network),
    overlapping(network) {
      const index = above(network.address);
      const around = coveringBefore(index, network);
      if (around !== null) return around;
      // A member inside starts at the same address, or at the next one above.
      for (const member of [sorted[index - 1], sorted[index]])
        if (member !== undefined && contains(network, member.network.address)) return member;
      return null;
    },
    entries: () => sorted,
  };
}
