import { formatNetwork, isV4Network, type Network } from './ip.ts';

/** Nobody's own networks are wider; prefix lengths in IPv6 terms. */
const widestV4 = 96 + 8;
const widestV6 = 7;

/**
 * Why a network can not be spared (never-block, allow lists): one that is wider than anybody's takes every list to
 * pieces, and is a slip of the pen. null: it can.
 */
export function whyNotSpared(network: Network): string | null {
  const v4 = isV4Network(network);
  // multicast and reserved addresses, which lists of bogons name as a whole
  if (v4 && network.address[12]! >= 224) return null;
  if (network.prefix >= (v4 ? widestV4 : widestV6)) return null;
  return `${formatNetwork(network)} is wider than /8 (IPv4) or /7 (IPv6): so much can not be spared (edges disarm stops enforcing)`;
}
