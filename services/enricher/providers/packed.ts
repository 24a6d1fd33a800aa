import type { Provider } from '../provider.ts';
import { createRangeTable, noRange } from '../ranges.ts';

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

export const packed: Provider = {
  name: 'packed',
  description: 'Country and ASN tables shipped with Tidegate',
  recognises: (_path, head) => head.startsWith(magic),
  load(file) {
    const { bytes } = file;
    const { header, offset } = readHeader(bytes);
    let at = offset;
    /** Values up to 2^53: plain arithmetic instead of shifts. */
    const varint = (): number => {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = bytes[at++];
        if (byte === undefined || scale > 2 ** 49) throw new Error(`${file.path}: cut off or damaged`);
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }
    };
    const bigVarint = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++];
        if (byte === undefined || shift > 63n) throw new Error(`${file.path}: cut off or damaged`);
        value |= BigInt(byte & 127) << shift;
        if (byte < 128) return value;
      }
    };
    const builder = createRangeTable();
    const label = (): number => {
      const value = varint() - 1;
      if (value >= header.labels.length) throw new Error(`${file.path}: damaged`);
      return value;
    };
    let start = 0;
    let value = noRange;
    for (let step = 0; step < header.v4; step++) {
      const next = start + varint();
      if (next > 0xffffffff) throw new Error(`${file.path}: damaged`);
      if (value !== noRange && next > start) builder.addV4(start, next - 1, value);
      start = next;
      value = label();
    }
    if (value !== noRange) builder.addV4(start, 0xffffffff, value);
    let start6 = 0n;
    value = noRange;
    for (let step = 0; step < header.v6; step++) {
      const next = start6 + bigVarint();
      if (next >= 1n << 64n) throw new Error(`${file.path}: damaged`);
      if (value !== noRange && next > start6) builder.addV6(start6 << 64n, (next << 64n) - 1n, value);
      start6 = next;
      value = label();
    }
    const table = builder.build();
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
