import { isV4, maskIp, type Network } from '../../../lib/ip.ts';

/** Networks that may hold others, by the nodes that they are. */
export interface WideNetworks {
  readonly size: number;
  /** The node of the narrowest network that is wider than this one and contains it, or -1. */
  around(network: Network): number;
  /** The same for a single IPv4 address. */
  aroundV4(bits: number): number;
}

/** The address as a signed 32-bit number, which a map takes as it is; null: it is IPv6. */
export function v4Bits(address: Buffer): number | null {
  if (!isV4(address)) return null;
  return (address[12]! << 24) | (address[13]! << 16) | (address[14]! << 8) | address[15]!;
}

export function indexNetworks(
  members: readonly { readonly network: Network; readonly node: number }[],
): WideNetworks {
  const byLength = new Map<number, Map<number | string, number>>();
  /** First halves of IPv4 addresses in which there is a network at all: most addresses are in none. */
  const touched = new Uint8Array(1 << 16);
  for (const { network, node } of members) {
    let nodes = byLength.get(network.prefix);
    if (nodes === undefined) {
      nodes = new Map();
      byLength.set(network.prefix, nodes);
    }
    nodes.set(networkNumber(network), node);
    const bits = v4Bits(network.address);
    if (bits === null || network.prefix <= 112) touched.fill(1);
    else touched[bits >>> 16] = 1;
  }
  const lengths = [...byLength]
    .sort(([a], [b]) => b - a)
    .map(([prefix, nodes]) => ({ prefix, nodes, mask: prefix > 96 ? -1 << (128 - prefix) : 0 }));
  return {
    size: members.length,
    around(network) {
      for (const { prefix, nodes } of lengths) {
        if (prefix >= network.prefix) continue;
        const found = nodes.get(networkNumber({ address: network.address, prefix }));
        if (found !== undefined) return found;
      }
      return -1;
    },
    aroundV4(bits) {
      if (touched[bits >>> 16] === 0) return -1;
      for (const { prefix, nodes, mask } of lengths) {
        const found = nodes.get(prefix > 96 ? bits & mask : mappedNumber(bits, prefix));
        if (found !== undefined) return found;
      }
      return -1;
    },
  };
}

/** The first `prefix` bits as something a map can hold: a number within IPv4. */
function networkNumber({ address, prefix }: Network): number | string {
  const bits = prefix > 96 ? v4Bits(address) : null;
  return bits === null ? maskIp(address, prefix).toString('latin1') : bits & (-1 << (128 - prefix));
}

/** The same for IPv4 in a network as wide as all of it, or wider. */
function mappedNumber(bits: number, prefix: number): string {
  const address = Buffer.alloc(16);
  address.fill(0xff, 10, 12);
  address.writeInt32BE(bits, 12);
  return maskIp(address, prefix).toString('latin1');
}
