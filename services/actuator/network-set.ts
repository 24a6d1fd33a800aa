import { contains, type Network } from '../../lib/ip.ts';

function keyOf(network: Network): string {
  return network.address.toString('latin1') + String.fromCharCode(network.prefix);
}

function masked(address: Buffer, prefix: number): string {
  const bytes = Buffer.from(address);
  const whole = prefix >> 3;
  if (whole < 16) {
    bytes[whole] = bytes[whole]! & (0xff00 >> (prefix & 7));
    bytes.fill(0, whole + 1);
  }
  return bytes.toString('latin1') + String.fromCharCode(prefix);
}

/**
 * Networks with a value each, built once, asked often. Look-ups cost one hash look-up per prefix length in use, and one
 * binary search for what lies inside.
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
  const byKey = new Map<string, { network: Network; value: V }>();
  for (const [network, value] of members) byKey.set(keyOf(network), { network, value });
  const sorted = [...byKey.values()].sort(
    (a, b) => Buffer.compare(a.network.address, b.network.address) || a.network.prefix - b.network.prefix,
  );
  const lengths = [...new Set(sorted.map((entry) => entry.network.prefix))].sort((a, b) => a - b);

  const covering = (network: Network) => {
    for (const length of lengths) {
      if (length > network.prefix) return null;
      const found = byKey.get(masked(network.address, length));
      if (found !== undefined) return found;
    }
    return null;
  };
  return {
    size: byKey.size,
    covering,
    overlapping(network) {
      const around = covering(network);
      if (around !== null) return around;
      let low = 0;
      let high = sorted.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (Buffer.compare(sorted[middle]!.network.address, network.address) < 0) low = middle + 1;
        else high = middle;
      }
      const next = sorted[low];
      return next !== undefined && contains(network, next.network.address) ? next : null;
    },
    entries: () => sorted,
  };
}
