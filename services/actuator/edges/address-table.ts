import { maskIp, type Network } from '../../../lib/ip.ts';

/**
 * Networks with a value each, changed one at a time and asked on every request: a look-up is one hash look-up for each
 * length of prefix that occurs.
 */
export interface AddressTable<V> {
  set(network: Network, value: V): void;
  delete(network: Network): void;
  /** The values of all networks that hold the address. */
  covering(ip: Buffer): V[];
}

export function createAddressTable<V>(): AddressTable<V> {
  const byPrefix = new Map<number, Map<string, V>>();
  const keyOf = (address: Buffer): string => address.toString('latin1');
  return {
    set({ address, prefix }, value) {
      let networks = byPrefix.get(prefix);
      if (networks === undefined) {
        networks = new Map();
        byPrefix.set(prefix, networks);
      }
      networks.set(keyOf(address), value);
    },
    delete({ address, prefix }) {
      const networks = byPrefix.get(prefix);
      networks?.delete(keyOf(address));
      if (networks?.size === 0) byPrefix.delete(prefix);
    },
    covering(ip) {
      const found: V[] = [];
      for (const [prefix, networks] of byPrefix) {
        const value = networks.get(keyOf(prefix === 128 ? ip : maskIp(ip, prefix)));
        if (value !== undefined) found.push(value);
      }
      return found;
    },
  };
}
