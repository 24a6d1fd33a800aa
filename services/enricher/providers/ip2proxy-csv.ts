import type { AddressFacts } from '../address-facts.ts';
import { csvFields, forEachLine } from '../delimited.ts';
import { type Provider, textOrNull } from '../provider.ts';
import { createRangeTable, noRange, parseAddress } from '../ranges.ts';

/** Fields after the two addresses; PXn ends after the n-th group, so the column count tells which file it is. */
const columns = [
  'proxy_type',
  'country_code',
  'country_name',
  'region_name',
  'city_name',
  'isp',
  'domain',
  'usage_type',
  'asn',
  'as',
  'last_seen',
  'threat',
  'provider',
  'fraud_score',
] as const;
/** Columns of PX1 to PX12, the two addresses included. PX1 lacks the type. */
const packages: { readonly [count: number]: string } = {
  4: 'PX1',
  5: 'PX2',
  7: 'PX3',
  8: 'PX4',
  9: 'PX5',
  10: 'PX6',
  12: 'PX7',
  13: 'PX8',
  14: 'PX9',
  15: 'PX11',
  16: 'PX12',
};

interface Entry {
  readonly type: string;
  readonly usage: string | null;
  readonly operator: string | null;
  /** 0 to 99. */
  readonly fraudScore: number | null;
}

function addEntry(entry: Entry, facts: AddressFacts): void {
  switch (entry.type) {
    case 'VPN':
    case 'CPN': // consumer privacy network
    case 'EPN': // enterprise private network
      facts.vpn = true;
      break;
    case 'TOR':
      facts.tor = true;
      break;
    case 'RES':
      facts.residential = true;
      break;
    case 'DCH':
      facts.hosting = true;
      return;
    case 'SES': // search engine spider
    case 'AIC': // AI crawler
      return;
    default: // PUB, WEB, and PX1, which does not say
      facts.publicProxy = true;
  }
  if (entry.usage?.split('/').includes('MOB')) facts.mobile = true;
  facts.operator ??= entry.operator;
  facts.confidence ??= entry.fraudScore;
}

/** IP2Proxy PX1 to PX12 as CSV: quoted, decimal ranges, "-" for nothing. */
export const ip2proxyCsv: Provider = {
  name: 'ip2proxy-csv',
  description: 'IP2Proxy PX1 to PX12 CSV (told apart by their columns)',
  recognises: (_path, head) =>
    /^"\d+","\d+","(?:VPN|TOR|DCH|PUB|WEB|SES|AIC|RES|CPN|EPN|[A-Z]{2}|-)",/m.test(head),
  load(file) {
    const builder = createRangeTable();
    const entries: Entry[] = [];
    const index = new Map<string, number>();
    let skipped = 0;
    forEachLine(file.bytes, (line) => {
      const fields = csvFields(line);
      const first = parseAddress(fields[0] ?? '');
      const last = parseAddress(fields[1] ?? '');
      if (first === null || last === null || packages[fields.length] === undefined) {
        skipped++;
        return;
      }
      const at = (name: (typeof columns)[number]): string | null =>
        textOrNull(fields[columns.indexOf(name) + (fields.length === 4 ? 1 : 2)]);
      const score = at('fraud_score');
      const entry: Entry = {
        type: fields.length === 4 ? 'PUB' : (at('proxy_type') ?? 'PUB').toUpperCase(),
        usage: at('usage_type'),
        operator: at('provider'),
        fraudScore: score !== null && /^\d{1,3}$/.test(score) ? Number(score) : null,
      };
      const key = `${entry.type}|${entry.usage}|${entry.operator}|${entry.fraudScore}`;
      let value = index.get(key);
      if (value === undefined) {
        value = entries.length;
        index.set(key, value);
        entries.push(entry);
      }
      if (!builder.add(first, last, value)) skipped++;
    });
    if (builder.added === 0 || skipped > builder.added)
      throw new Error(`${file.path}: ${builder.added} IP2Proxy ranges and ${skipped} lines that are none`);
    const table = builder.build();
    return {
      kinds: ['proxy'],
      entries: builder.added,
      skipped: skipped + builder.leftOut,
      builtAt: null,
      lookup(address, facts) {
        const value = table.get(address.ip);
        if (value !== noRange) addEntry(entries[value]!, facts);
      },
    };
  },
};
