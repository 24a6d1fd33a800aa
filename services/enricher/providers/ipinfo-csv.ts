import { csvFields, forEachLine } from '../delimited.ts';
import { applyClass, type Provider, textOrNull } from '../provider.ts';
import { createRangeTable, noRange, parseAddress } from '../ranges.ts';

interface Entry {
  readonly vpn: boolean;
  readonly proxy: boolean;
  readonly tor: boolean;
  readonly relay: boolean;
  readonly hosting: boolean;
  readonly residential: boolean;
  readonly operator: string | null;
  readonly confidence: number | null;
}

/** IPinfo confidence runs from 1 to 3; ours from 1 to 99. */
const confidenceOf: { readonly [text: string]: number } = { '1': 33, '2': 66, '3': 99 };

/** IPinfo Privacy (standard, extended, old and new columns) and Residential Proxy as CSV with a header line. */
export const ipinfoCsv: Provider = {
  name: 'ipinfo-csv',
  description: 'IPinfo privacy detection or residential proxy CSV, columns told by the header',
  recognises: (_path, head) =>
    /^(?:network|start_ip),.*\b(?:vpn|hosting)\b|^ip,service,/.test(head.split('\n', 1)[0] ?? ''),
  load(file) {
    const builder = createRangeTable();
    const entries: Entry[] = [];
    let header: readonly string[] | null = null;
    let skipped = 0;
    forEachLine(file.bytes, (line) => {
      const fields = csvFields(line);
      if (header === null) {
        header = fields;
        return;
      }
      const names = header;
      const at = (name: string): string => fields[names.indexOf(name)] ?? '';
      const is = (name: string): boolean => at(name) === 'true';
      const residential = names.includes('percent_days_seen');
      const days = Number(at('percent_days_seen'));
      const entry: Entry = {
        vpn: is('vpn'),
        proxy: is('proxy'),
        tor: is('tor'),
        relay: is('relay'),
        hosting: is('hosting'),
        residential,
        operator: textOrNull(at('service')) ?? textOrNull(at('vpn_name')),
        confidence: residential ? (days > 0 ? days : null) : (confidenceOf[at('confidence')] ?? null),
      };
      const first = parseAddress(at('start_ip'));
      const last = parseAddress(at('end_ip'));
      const added =
        first !== null && last !== null
          ? builder.add(first, last, entries.length)
          : builder.addNetwork(at('network') || at('ip'), entries.length);
      if (added) entries.push(entry);
      else skipped++;
    });
    if (builder.added === 0 || skipped > builder.added)
      throw new Error(`${file.path}: ${builder.added} networks and ${skipped} lines that are none`);
    const table = builder.build();
    return {
      kinds: ['proxy', 'network'],
      entries: builder.added,
      skipped: skipped + builder.leftOut,
      builtAt: null,
      lookup(address, facts) {
        const found = table.get(address.ip);
        if (found === noRange) return;
        const entry = entries[found]!;
        if (entry.vpn) facts.vpn = true;
        if (entry.proxy) facts.publicProxy = true;
        if (entry.tor) facts.tor = true;
        if (entry.relay) facts.relay = true;
        if (entry.hosting) facts.hosting = true;
        if (entry.residential) applyClass('residential_proxy', entry.operator, facts);
        facts.operator ??= entry.operator;
        facts.confidence ??= entry.confidence;
      },
    };
  },
};
