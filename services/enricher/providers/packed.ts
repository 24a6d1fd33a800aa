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

/** Reads the steps into the arrays that are searched. Throws an Error when they do not fit the header. */
function readSteps(bytes: Buffer, offset: number, header: PackedHeader): RangeSteps {
  // A step takes two bytes at least: a damaged count must not allocate what the file cannot hold.
  const most = (bytes.length - offset) / 2;
  const { v4, v6, labels } = header;
  if (!(v4 >= 0 && v6 >= 0 && v4 + v6 <= most)) throw new Error('the packed range table is cut off');
  let at = offset;
  /** Halves of the number read last, unsigned. */
  let low = 0;
  let high = 0;
  const varint = (): void => {
    // Numbers of one or two bytes are nearly all there are.
    const first = bytes[at];
    const second = bytes[at + 1];
    if (first !== undefined && first < 128) {
      at++;
      low = first;
      high = 0;
    } else if (second !== undefined && second < 128) {
      at += 2;
      low = (first! & 127) | (second << 7);
      high = 0;
    } else longVarint();
  };
  const longVarint = (): void => {
    low = 0;
    high = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63) throw new Error('the packed range table is damaged');
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) break;
    }
    low >>>= 0;
    high >>>= 0;
  };
  const label = (): number => {
    varint();
    if (high > 0 || low > labels.length) throw new Error('the packed range table is damaged');
    return low - 1;
  };
  const starts4 = new Uint32Array(v4);
  const values4 = new Int32Array(v4);
  let start = 0;
  for (let step = 0; step < v4; step++) {
    varint();
    start += low;
    if (high > 0 || start > 2 ** 32) throw new Error('the packed range table is damaged');
    // The end of the address space cannot be asked for; its step only ends the last range.
    starts4[step] = Math.min(start, 2 ** 32 - 1);
    values4[step] = label();
  }
  const starts6 = new Uint32Array(v6 * 4);
  const values6 = new Int32Array(v6);
  let startLow = 0;
  let startHigh = 0;
  for (let step = 0; step < v6; step++) {
    varint();
    startLow += low;
    startHigh += high + (startLow > 0xffffffff ? 1 : 0);
    startLow >>>= 0;
    if (startHigh > 0xffffffff) throw new Error('the packed range table is damaged');
    starts6[step * 4] = startHigh;
    starts6[step * 4 + 1] = startLow;
    values6[step] = label();
  }
  return { starts4, values4, starts6, values6 };
}

export const packed: Provider = {
  name: 'packed',
  description: 'Country and ASN tables shipped with Tidegate',
  recognises: (_path, head) => head.startsWith(magic),
  load(file) {
    const { bytes } = file;
    const { header, offset } = readHeader(bytes);
    const table = tableOfSteps(readSteps(bytes, offset, header));
    const asns = header.labels.map((text) => Number.parseInt(text, 10));
    const names =
      header.kind === 'asn'
        ? header.labels.map((text) => text.slice(text.indexOf(' ') + 1) || null)
        : header.labels;
    return {
      kinds: [header.kind],
      entries: table.size,
      skipped: 0,
      builtAt: Date.parse(header.built_at),
      lookup(address, facts) {
        const found = table.get(address.ip);
        if (found === noRange) return;
        if (header.kind === 'country') facts.country ??= names[found]!;
        else if (facts.asn === null) {
          facts.asn = asns[found]!;
          facts.asOrg ??= names[found]!;
        }
      },
    };
  },
};
