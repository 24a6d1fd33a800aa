import { csvFields, forEachLine } from '../delimited.ts';
import type { Provider } from '../provider.ts';
import { createRangeTable, noRange, parseAddress } from '../ranges.ts';

/** ip-location-db CSV: first address, last address, ASN and organisation, or a country code. */
export const asnCsv: Provider = {
  name: 'asn-csv',
  description: 'ip-location-db CSV: first,last,asn,organisation or first,last,country (dotted or decimal)',
  recognises: (_path, head) => /^"?[0-9a-f.:]+"?,"?[0-9a-f.:]+"?,(?:"?\d+"?,|"?[A-Z]{2}"?\s*$)/im.test(head),
  load(file) {
    const builder = createRangeTable();
    const numbers: number[] = [];
    const names: string[] = [];
    const index = new Map<string, number>();
    let withAsn = false;
    let skipped = 0;
    forEachLine(file.bytes, (line) => {
      const fields = csvFields(line);
      const first = parseAddress(fields[0] ?? '');
      const last = parseAddress(fields[1] ?? '');
      const what = fields[2] ?? '';
      const isAsn = /^\d{1,10}$/.test(what);
      if (first === null || last === null || !(isAsn || /^[A-Z]{2}$/.test(what))) {
        skipped++;
        return;
      }
      const key = isAsn ? `${what},${fields[3] ?? ''}` : what;
      let value = index.get(key);
      if (value === undefined) {
        value = names.length;
        index.set(key, value);
        numbers.push(isAsn ? Number(what) : 0);
        names.push(isAsn ? (fields[3] ?? '').slice(0, 128) : what);
      }
      withAsn ||= isAsn;
      if (!builder.add(first, last, value)) skipped++;
    });
    if (builder.added === 0 || skipped > builder.added)
      throw new Error(`${file.path}: ${builder.added} ranges and ${skipped} lines that are none`);
    const table = builder.build();
    return {
      kinds: [withAsn ? 'asn' : 'country'],
      entries: builder.added,
      skipped: skipped + builder.leftOut,
      builtAt: null,
      lookup(address, facts) {
        const value = table.get(address.ip);
        if (value === noRange) return;
        if (!withAsn) facts.country ??= names[value]!;
        else if (facts.asn === null && numbers[value]! > 0) {
          facts.asn = numbers[value]!;
          facts.asOrg ??= names[value] || null;
        }
      },
    };
  },
};
