import { contains, isV4, isV4Network, type Network, parseIp, parseNetwork, v4Number } from '../../lib/ip.ts';
import { specialPurposeNetworks } from '../../lib/ip-special-purpose.ts';
import { type Columns, flatten, noRange } from './range-steps.ts';
import { flatten6, noRanges6, pushNetwork6, pushRange6 } from './ranges6.ts';

export { noRange };

/** An immutable map from address ranges to small integers: two sorted arrays, one binary search a look-up. */
export interface RangeTable {
  /** Ranges after flattening: neighbours of equal value are one. */
  readonly size: number;
  /** The value given with the narrowest range that holds the address, or `noRange`. */
  get(ip: Buffer): number;
}

function search4(starts: Uint32Array, address: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** `starts` holds four 32-bit words an address, most significant first. */
function search6(starts: Uint32Array, ip: Buffer): number {
  const a = ip.readUInt32BE(0);
  const b = ip.readUInt32BE(4);
  const c = ip.readUInt32BE(8);
  const d = ip.readUInt32BE(12);
  let low = 0;
  let high = starts.length >>> 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = middle << 2;
    let difference = starts[at]! - a;
    if (difference === 0) difference = starts[at + 1]! - b;
    if (difference === 0) difference = starts[at + 2]! - c;
    if (difference === 0) difference = starts[at + 3]! - d;
    if (difference <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Sorted points at which the value changes. */
export interface RangeSteps {
  readonly starts4: Uint32Array;
  readonly values4: Int32Array;
  /** Asked for when the first IPv6 address is looked up: many logs have none. */
  steps6(): RangeSteps6;
}

/** `starts6` holds four 32-bit words an address. */
export interface RangeSteps6 {
  readonly starts6: Uint32Array;
  readonly values6: Int32Array;
}

export function tableOfSteps({ starts4, values4, steps6 }: RangeSteps): RangeTable {
  let known6: RangeSteps6 | null = null;
  const six = (): RangeSteps6 => {
    known6 ??= steps6();
    return known6;
  };
  return {
    get size() {
      return values4.length + six().values6.length;
    },
    get(ip) {
      if (isV4(ip)) {
        const index = search4(starts4, v4Number(ip));
        return index < 0 ? noRange : values4[index]!;
      }
      const { starts6, values6 } = six();
      const index = search6(starts6, ip);
      return index < 0 ? noRange : values6[index]!;
    },
  };
}

/** Collects ranges in any order, then freezes them. */
export interface RangeTableBuilder {
  /** Inclusive bounds. Returns false, and adds nothing, when the two are no range of one family. */
  add(first: Buffer, last: Buffer, value: number): boolean;
  addV4(first: number, last: number, value: number): void;
  /** `address` or `address/length`; false when malformed. */
  addNetwork(text: string, value: number): boolean;
  readonly added: number;
  /** Ranges that lie in a special-purpose network. */
  readonly leftOut: number;
  build(): RangeTable;
}

/** `special`: networks that are nobody's; what a list says of them can only hit whoever uses them at home. */
export function createRangeTable(special = specialPurposeNetworks): RangeTableBuilder {
  const v4: Columns = { starts: [], ends: [], values: [] };
  const v6 = noRanges6();
  const special4 = special.filter(isV4Network).map(({ address, prefix }) => {
    const first = v4Number(address);
    return { first, last: first + 2 ** (128 - prefix) - 1 };
  });
  const special6 = special.filter((network) => !isV4Network(network));
  let leftOut = 0;
  const addV4 = (first: number, last: number, value: number): void => {
    for (const network of special4) {
      if (network.first <= first && last <= network.last) {
        leftOut++;
        return;
      }
    }
    v4.starts.push(first);
    v4.ends.push(last + 1);
    v4.values.push(value);
  };
  /** Whether a range of these bounds lies in a special network. */
  const isSpecial6 = (first: Buffer, last: Buffer): boolean => {
    for (const network of special6) if (contains(network, first) && contains(network, last)) return true;
    return false;
  };
  const addNetwork6 = (network: Network, value: number): void => {
    for (const special of special6) {
      if (special.prefix <= network.prefix && contains(special, network.address)) {
        leftOut++;
        return;
      }
    }
    pushNetwork6(v6, network, value);
  };
  return {
    addV4,
    get added() {
      return v4.starts.length + v6.values.length;
    },
    get leftOut() {
      return leftOut;
    },
    add(first, last, value) {
      if (isV4(first) !== isV4(last) || first.compare(last) > 0) return false;
      if (isV4(first)) addV4(v4Number(first), v4Number(last), value);
      else if (isSpecial6(first, last)) leftOut++;
      else pushRange6(v6, first, last, value);
      return true;
    },
    addNetwork(text, value) {
      const network = parseNetwork(text);
      if (network === null) return false;
      const { address, prefix } = network;
      if (isV4Network(network)) {
        const first = v4Number(address);
        addV4(first, first + 2 ** (128 - prefix) - 1, value);
      } else addNetwork6(network, value);
      return true;
    },
    build() {
      const steps4 = flatten(v4);
      // A step at the very end of the address space starts nothing.
      if (steps4.starts.at(-1) === 2 ** 32) {
        steps4.starts.pop();
        steps4.values.pop();
      }
      return tableOfSteps({
        starts4: Uint32Array.from(steps4.starts),
        values4: Int32Array.from(steps4.values),
        steps6: () => flatten6(v6),
      });
    },
  };
}

/** `1.2.3.4`, or the decimal form some vendors use; null when neither. */
export function parseAddress(text: string): Buffer | null {
  if (!/^\d+$/.test(text)) return parseIp(text);
  if (text.length > 39) return null;
  const value = BigInt(text);
  if (value >= 1n << 128n) return null;
  const bytes = Buffer.alloc(16);
  if (value < 1n << 32n) {
    bytes.writeUInt16BE(0xffff, 10);
    bytes.writeUInt32BE(Number(value), 12);
  } else {
    bytes.writeBigUInt64BE(value >> 64n, 0);
    bytes.writeBigUInt64BE(value & 0xffffffffffffffffn, 8);
  }
  return bytes;
}
