import type { Provider } from '../provider.ts';
import { noRange, type RangeSteps, tableOfSteps } from '../ranges.ts';

/**
 * The form of the shipped country and ASN tables (written by scripts/build-starter-data.js): `TGR1`, the length of the
 * header (uint32, little endian), a JSON header, then the steps: LEB128 distance to the step before and label + 1
 * (0: nothing known). IPv6 steps count /64 networks.
 */
interface PackedHeader {
  readonly kind: 'country' | 'asn';
  readonly built_at: string;
  /** `US`, or `13335 Cloudflare, Inc.` */
  readonly labels: readonly string[];
  readonly v4: number;
  readonly v6: number;
}

const magic = 'TGR1';

function readHeader(bytes: Buffer): { header: PackedHeader; offset: number } {
  if (bytes.toString('latin1', 0, 4) !== magic) throw new Error('not a packed range table');
  const offset = 8 + bytes.readUInt32LE(4);
  if (offset > bytes.length) throw new Error('the packed range table is cut off');
  return { header: JSON.parse(bytes.toString('utf8', 8, offset)) as PackedHeader, offset };
}

/**
 * Reads LEB128 numbers one after the other, as halves of 64 bits. What lies beyond the end reads as zeros; `at` is then
 * behind the end.
 */
class NumberReader {
  readonly #bytes: Buffer;
  at: number;
  /** Halves of the number read last, unsigned. */
  low = 0;
  high = 0;
  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }
  /** Numbers of up to four bytes are nearly all there are. */
  next(): void {
    const bytes = this.#bytes;
    let byte = bytes[this.at++]!;
    let low = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      if (shift === 28) {
        this.#long(low);
        return;
      }
      byte = bytes[this.at++]!;
      low |= (byte & 127) << shift;
    }
    this.low = low;
    this.high = 0;
  }
  #long(start: number): void {
    let low = start;
    let high = 0;
    for (let shift = 28; ; shift += 7) {
      const byte = this.#bytes[this.at++]!;
      if (shift > 63) throw damaged();
      const bits = byte & 127;
      if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (!(byte > 127)) break;
    }
    this.low = low >>> 0;
    this.high = high >>> 0;
  }
}

const damaged = (): Error => new Error('the packed range table is damaged');

/** Reads the steps into the arrays that are searched. Throws an Error when they do not fit the header. */
function readSteps(bytes: Buffer, offset: number, header: PackedHeader): RangeSteps {
  // A step takes two bytes at least: a damaged count must not allocate what the file cannot hold.
  const most = (bytes.length - offset) / 2;
  const { v4, v6 } = header;
  if (!(v4 >= 0 && v6 >= 0 && v4 + v6 <= most)) throw new Error('the packed range table is cut off');
  const reader = new NumberReader(bytes, offset);
  const steps4 = readSteps4(reader, v4, header.labels.length);
  const steps6 = readSteps6(reader, v6, header.labels.length);
  if (reader.at > bytes.length) throw damaged();
  return { ...steps4, steps6: () => steps6 };
}

function readSteps4(reader: NumberReader, count: number, labels: number) {
  const starts4 = new Uint32Array(count);
  const values4 = new Int32Array(count);
  let start = 0;
  for (let step = 0; step < count; step++) {
    reader.next();
    start += reader.low;
    if (reader.high > 0 || start > 2 ** 32) throw damaged();
    // The end of the address space cannot be asked for; its step only ends the last range.
    starts4[step] = Math.min(start, 2 ** 32 - 1);
    reader.next();
    if (reader.high > 0 || reader.low > labels) throw damaged();
    values4[step] = reader.low - 1;
  }
  return { starts4, values4 };
}

function readSteps6(reader: NumberReader, count: number, labels: number) {
  const starts6 = new Uint32Array(count * 4);
  const values6 = new Int32Array(count);
  let low = 0;
  let high = 0;
  for (let step = 0; step < count; step++) {
    reader.next();
    low += reader.low;
    high += reader.high + (low > 0xffffffff ? 1 : 0);
    low >>>= 0;
    if (high > 0xffffffff) throw damaged();
    starts6[step * 4] = high;
    starts6[step * 4 + 1] = low;
    reader.next();
    if (reader.high > 0 || reader.low > labels) throw damaged();
    values6[step] = reader.low - 1;
  }
  return { starts6, values6 };
}

export const packed: Provider = {
  name: 'packed',
  description: 'Country and ASN tables shipped with Tidegate',
  recognises: (_path, head) => head.startsWith(magic),
  load(file) {
    const { bytes } = file;
    const { header, offset } = readHeader(bytes);
    const table = tableOfSteps(readSteps(bytes, offset, header));
    const { labels } = header;
    /** Taken apart when asked for: nearly all labels of a table are never met. */
    const operators = new Map<number, { readonly asn: number; readonly name: string | null }>();
    const operatorOf = (index: number) => {
      let operator = operators.get(index);
      if (operator === undefined) {
        const label = labels[index]!;
        operator = { asn: Number.parseInt(label, 10), name: label.slice(label.indexOf(' ') + 1) || null };
        operators.set(index, operator);
      }
      return operator;
    };
    return {
      kinds: [header.kind],
      entries: table.size,
      skipped: 0,
      builtAt: Date.parse(header.built_at),
      lookup(address, facts) {
        const found = table.get(address.ip);
        if (found === noRange) return;
        if (header.kind === 'country') facts.country ??= labels[found]!;
        else if (facts.asn === null) {
          const { asn, name } = operatorOf(found);
          facts.asn = asn;
          facts.asOrg ??= name;
        }
      },
    };
  },
};
