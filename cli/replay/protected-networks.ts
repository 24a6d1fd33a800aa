import { contains, isV4, isV4Network, type Network } from '../../lib/ip.ts';

/** A set of networks asked about for every stopped request: nearly always no, and then at the cost of one look. */
export function createProtectedNetworks(networks: readonly Network[]): (ip: Buffer) => boolean {
  const v4 = new Map<number, Network[]>();
  const v6 = new Map<number, Network[]>();
  for (const network of networks) {
    const isFour = isV4Network(network);
    const at = isFour ? 12 : 0;
    // All 16-bit buckets that the network reaches into.
    const first = network.address.readUInt16BE(at);
    const width = 2 ** Math.max(0, 16 - (network.prefix - at * 8));
    for (let bucket = first; bucket < first + width; bucket++) {
      const buckets = isFour ? v4 : v6;
      const list = buckets.get(bucket);
      if (list === undefined) buckets.set(bucket, [network]);
      else list.push(network);
    }
  }
  return (ip) => {
    const isFour = isV4(ip);
    const list = isFour ? v4.get(ip.readUInt16BE(12)) : v6.get(ip.readUInt16BE(0));
    return list?.some((network) => contains(network, ip)) === true;
  };
}
