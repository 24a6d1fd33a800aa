import { forEachLine } from '../delimited.ts';
import { applyClass, type Provider } from '../provider.ts';
import { createRangeTable, noRange } from '../ranges.ts';

type Json = { readonly [name: string]: unknown };

/** One JSON object a line; the last is `{type: "metadata", timestamp, ...}` and names the build time. */
export function readNdjson(
  bytes: Buffer,
  onObject: (object: Json) => boolean,
): {
  readonly builtAt: number | null;
  readonly skipped: number;
} {
  let builtAt: number | null = null;
  let skipped = 0;
  forEachLine(bytes, (line) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      skipped++;
      return;
    }
    if (value === null || typeof value !== 'object') {
      skipped++;
      return;
    }
    const object = value as Json;
    if (object['type'] === 'metadata') {
      if (typeof object['timestamp'] === 'number') builtAt = object['timestamp'] * 1000;
    } else if (!onObject(object)) skipped++;
  });
  return { builtAt, skipped };
}

/** Spamhaus DROP (drop_v4.json, drop_v6.json): networks run by criminals. Fetched by the operator, never shipped. */
export const spamhausDrop: Provider = {
  name: 'spamhaus-drop',
  description: 'Spamhaus DROP as NDJSON ({"cidr": ...}, last line metadata)',
  recognises: (_path, head) => /^\s*\{.*"cidr"\s*:/m.test(head),
  load(file) {
    const builder = createRangeTable();
    const { builtAt, skipped } = readNdjson(
      file.bytes,
      (object) => typeof object['cidr'] === 'string' && builder.addNetwork(object['cidr'], 0),
    );
    if (builder.added === 0 || skipped > builder.added)
      throw new Error(`${file.path}: ${builder.added} networks and ${skipped} lines that are none`);
    const table = builder.build();
    return {
      kinds: ['proxy'],
      entries: builder.added,
      skipped: skipped + builder.leftOut,
      builtAt,
      lookup(address, facts) {
        if (table.get(address.ip) !== noRange) applyClass('drop', file.operator, facts);
      },
    };
  },
};

/** Spamhaus ASN-DROP (asndrop.json): whole autonomous systems run by criminals. */
export const asnDrop: Provider = {
  name: 'asn-drop',
  description: 'Spamhaus ASN-DROP as NDJSON ({"asn": ...}, last line metadata)',
  recognises: (_path, head) => /^\s*\{.*"asn"\s*:/m.test(head),
  load(file) {
    const asns = new Set<number>();
    const { builtAt, skipped } = readNdjson(file.bytes, (object) => {
      const asn = object['asn'];
      if (typeof asn !== 'number' || !Number.isInteger(asn) || asn <= 0) return false;
      asns.add(asn);
      return true;
    });
    if (asns.size === 0) throw new Error(`${file.path}: no ASN in it`);
    return {
      kinds: ['asn_class'],
      entries: asns.size,
      skipped,
      builtAt,
      lookup(_address, facts) {
        if (facts.asn !== null && asns.has(facts.asn)) applyClass('drop', file.operator, facts);
      },
    };
  },
};
