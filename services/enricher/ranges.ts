import { isV4, isV4Network, type Network, parseIp, parseNetwork } from '../../lib/ip.ts';
import { specialPurposeNetworks } from '../../lib/ip-special-purpose.ts';

/** Value of addresses that no range covers. */
export const noRange = -1;

/** An immutable map from address ranges to small integers: two sorted arrays, one binary search a look-up. */
export interface RangeTable {
  /** Ranges after flattening: neighbours of equal value are one. */
  readonly size: number;
  /** The value given with the narrowest range that holds the address, or `noRange`. */
  get(ip: Buffer): number;
}

/** First address and the one after the last: numbers below 2^32 + 1 (IPv4), bigints up to 2^128 (IPv6). */
interface Columns<T extends number | bigint> {
  readonly starts: T[];
  readonly ends: T[];
  readonly values: number[];
}

/** Points at which the value changes, in order: the form that is searched. */
interface Steps<T> {
  readonly starts: T[];
  readonly values: number[];
}

/**
 * Nested and overlapping ranges become steps. Wider ranges come first, so a narrower one covers them for its length
 * and gives way to them after it; of two equal ranges the later one counts.
 */
function flatten<T extends number | bigint>(columns: Columns<T>): Steps<T> {
  const { starts, ends, values } = columns;
  let sorted = true;
  for (let i = 1; i < starts.length && sorted; i++) sorted = ends[i - 1]! <= starts[i]!;
  const order = new Uint32Array(starts.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  if (!sorted) {
    order.sort((a, b) => {
      if (starts[a]! !== starts[b]!) return starts[a]! < starts[b]! ? -1 : 1;
      if (ends[a]! !== ends[b]!) return ends[a]! > ends[b]! ? -1 : 1;
      return a - b;
    });
  }
  const steps: Steps<T> = { starts: [], values: [] };
  const step = (at: T, value: number): void => {
    const last = steps.starts.length - 1;
    if (last >= 0 && steps.starts[last] === at) {
      steps.values[last] = value;
      if (last > 0 && steps.values[last - 1] === value) {
        steps.starts.pop();
        steps.values.pop();
      }
    } else if ((last < 0 ? noRange : steps.values[last]) !== value) {
      steps.starts.push(at);
      steps.values.push(value);
    }
  };
  const open: number[] = [];
  const closeUntil = (at: T | null): void => {
    while (open.length > 0 && (at === null || ends[open[open.length - 1]!]! <= at)) {
      const end = ends[open.pop()!]!;
      // Ranges below that have ended meanwhile say nothing any more.
      while (open.length > 0 && ends[open[open.length - 1]!]! <= end) open.pop();
      step(end, open.length > 0 ? values[open[open.length - 1]!]! : noRange);
    }
  };
  for (const index of order) {
    closeUntil(starts[index]!);
    step(starts[index]!, values[index]!);
    open.push(index);
  }
  closeUntil(null);
  return steps;
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

/** Sorted points at which the value changes: `starts6` holds four 32-bit words an address. */
export interface RangeSteps {
  readonly starts4: Uint32Array;
  readonly values4: Int32Array;
  readonly starts6: Uint32Array;
  readonly values6: Int32Array;
}

export function tableOfSteps({ starts4, values4, starts6, values6 }: RangeSteps): RangeTable {
  return {
    size: values4.length + values6.length,
    get(ip) {
      if (isV4(ip)) {
        const index = search4(starts4, ip.readUInt32BE(12));
        return index < 0 ? noRange : values4[index]!;
      }
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
  addV6(first: bigint, last: bigint, value: number): void;
  /** `address` or `address/length`; false when malformed. */
  addNetwork(text: string, value: number): boolean;
  readonly added: number;
  /** Ranges that lie in a special-purpose network. */
  readonly leftOut: number;
  build(): RangeTable;
}

export function bigIntOf(ip: Buffer): bigint {
  return (ip.readBigUInt64BE(0) << 64n) | ip.readBigUInt64BE(8);
}

/** First and last address. */
function boundsV4({ address, prefix }: Network): readonly [number, number] {
  const first = address.readUInt32BE(12);
  return [first, first + 2 ** (128 - prefix) - 1];
}

function boundsV6({ address, prefix }: Network): readonly [bigint, bigint] {
  const first = bigIntOf(address);
  return [first, first + (1n << BigInt(128 - prefix)) - 1n];
}

function within<T extends number | bigint>(ranges: readonly (readonly [T, T])[], first: T, last: T): boolean {
  for (const range of ranges) if (range[0] <= first && last <= range[1]) return true;
  return false;
}

/** `special`: networks that are nobody's; what a list says of them can only hit whoever uses them at home. */
export function createRangeTable(special = specialPurposeNetworks): RangeTableBuilder {
  const v4: Columns<number> = { starts: [], ends: [], values: [] };
  const v6: Columns<bigint> = { starts: [], ends: [], values: [] };
  const special4 = special.filter(isV4Network).map(boundsV4);
  const special6 = special.filter((network) => !isV4Network(network)).map(boundsV6);
  let leftOut = 0;
  const addV4 = (first: number, last: number, value: number): void => {
    if (within(special4, first, last)) {
      leftOut++;
      return;
    }
    v4.starts.push(first);
    v4.ends.push(last + 1);
    v4.values.push(value);
  };
  const addV6 = (first: bigint, last: bigint, value: number): void => {
    if (within(special6, first, last)) {
      leftOut++;
      return;
    }
    v6.starts.push(first);
    v6.ends.push(last + 1n);
    v6.values.push(value);
  };
  return {
    addV4,
    addV6,
    get added() {
      return v4.starts.length + v6.starts.length;
    },
    get leftOut() {
      return leftOut;
    },
    add(first, last, value) {
      if (isV4(first) !== isV4(last) || first.compare(last) > 0) return false;
      if (isV4(first)) addV4(first.readUInt32BE(12), last.readUInt32BE(12), value);
      else addV6(bigIntOf(first), bigIntOf(last), value);
      return true;
    },
    addNetwork(text, value) {
      const network = parseNetwork(text);
      if (network === null) return false;
      if (isV4Network(network)) addV4(...boundsV4(network), value);
      else addV6(...boundsV6(network), value);
      return true;
    },
    build() {
      const steps4 = flatten(v4);
      const steps6 = flatten(v6);
      // A step at the very end of the address space starts nothing.
      if (steps4.starts.at(-1) === 2 ** 32) steps4.starts.pop();
      if (steps6.starts.at(-1) === 1n << 128n) steps6.starts.pop();
      const starts4 = Uint32Array.from(steps4.starts);
      const values4 = Int32Array.from(steps4.values);
      const starts6 = new Uint32Array(steps6.starts.length * 4);
      const values6 = Int32Array.from(steps6.values);
      steps6.starts.forEach((start, index) => {
        for (let word = 0; word < 4; word++)
          starts6[index * 4 + word] = Number((start >> BigInt(96 - 32 * word)) & 0xffffffffn);
      });
      return tableOfSteps({ starts4, values4, starts6, values6 });
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
