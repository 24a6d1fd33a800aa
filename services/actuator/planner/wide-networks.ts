import { contains, isV4, maskIp, type Network, parseNetwork, v4Number } from '../../../lib/ip.ts';

/** Networks that may hold others, by the nodes that they are. */
export interface WideNetworks {
  readonly size: number;
  /** The node of the narrowest network that is wider than this one and contains it, or -1. */
  around(network: Network): number;
  /** The same for a single IPv4 address, as 32 bits. */
  aroundV4(bits: number): number;
}

const allV4 = parseNetwork('0.0.0.0/0')!;

export function indexNetworks(
  members: readonly { readonly network: Network; readonly node: number }[],
): WideNetworks {
  /** Networks of IPv4 alone, by their first bits as a number; all others by the text of theirs. */
  const v4ByLength = new Map<number, Map<number, number>>();
  const byLength = new Map<number, Map<string, number>>();
  /** First halves of IPv4 addresses in which there is a network at all: most addresses are in none. */
  const touched = new Uint8Array(1 << 16);
  /** The narrowest network in which all of IPv4 lies. */
  let holdsAllV4 = -1;
  let holdsAllV4Length = -1;
  for (const { network, node } of members) {
    const { address, prefix } = network;
    if (isWithinV4(network)) {
      const first = v4Number(address) >>> 16;
      touched.fill(1, first, first + 2 ** Math.max(0, 112 - prefix));
      nodesOf(v4ByLength, prefix).set(v4Number(address) & maskOf(prefix), node);
      continue;
    }
    nodesOf(byLength, prefix).set(textOf(address, prefix), node);
    if (prefix > holdsAllV4Length && prefix <= allV4.prefix && contains(network, allV4.address)) {
      holdsAllV4 = node;
      holdsAllV4Length = prefix;
    }
  }
  const v4Lengths = narrowestFirst(v4ByLength).map(([prefix, nodes]) => ({
    prefix,
    nodes,
    mask: maskOf(prefix),
  }));
  const lengths = narrowestFirst(byLength);
  const aroundV4 = (bits: number, shorterThan: number): number => {
    if (touched[bits >>> 16] === 0) return holdsAllV4;
    for (const { prefix, nodes, mask } of v4Lengths) {
      if (prefix >= shorterThan) continue;
      const found = nodes.get(bits & mask);
      if (found !== undefined) return found;
    }
    return holdsAllV4;
  };
  return {
    size: members.length,
    around(network) {
      if (isWithinV4(network)) return aroundV4(v4Number(network.address), network.prefix);
      for (const [prefix, nodes] of lengths) {
        if (prefix >= network.prefix) continue;
        const found = nodes.get(textOf(network.address, prefix));
        if (found !== undefined) return found;
      }
      return -1;
    },
    aroundV4: (bits) => aroundV4(bits, 129),
  };
}

/** A part of IPv4, not all of it. */
const isWithinV4 = ({ address, prefix }: Network): boolean => prefix > allV4.prefix && isV4(address);
const maskOf = (prefix: number): number => -1 << (128 - prefix);
const textOf = (address: Buffer, prefix: number): string => maskIp(address, prefix).toString('latin1');
const narrowestFirst = <V>(byLength: ReadonlyMap<number, V>) => [...byLength].sort(([a], [b]) => b - a);

function nodesOf<K>(byLength: Map<number, Map<K, number>>, prefix: number): Map<K, number> {
  let nodes = byLength.get(prefix);
  if (nodes === undefined) {
    nodes = new Map();
    byLength.set(prefix, nodes);
  }
  return nodes;
}
