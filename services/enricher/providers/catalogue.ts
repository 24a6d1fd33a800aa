import type { Provider } from '../provider.ts';
import { asnClass } from './asn-class.ts';
import { asnCsv } from './asn-csv.ts';
import { ip2proxyCsv } from './ip2proxy-csv.ts';
import { ipinfoCsv } from './ipinfo-csv.ts';
import { mmdb } from './mmdb.ts';
import { netset } from './netset.ts';
import { packed } from './packed.ts';
import { asnDrop, spamhausDrop } from './spamhaus-drop.ts';

/** Every format of data files. The order is that of recognition: the plain list, which is anything, comes last. */
export const providers: readonly Provider[] = [
  mmdb,
  packed,
  ip2proxyCsv,
  ipinfoCsv,
  spamhausDrop,
  asnDrop,
  asnCsv,
  asnClass,
  netset,
];

export const providerNames = [
  'mmdb',
  'packed',
  'ip2proxy-csv',
  'ipinfo-csv',
  'spamhaus-drop',
  'asn-drop',
  'asn-csv',
  'asn-class',
  'netset',
] as const;

/** The provider named, or the first that recognises the file. */
export function providerFor(format: string, path: string, bytes: Buffer): Provider {
  const head = bytes.toString('latin1', 0, 2048);
  const name = path.replace(/\.(gz|br)$/i, '');
  const found =
    format === 'auto'
      ? providers.find((provider) => provider.recognises(name, head))
      : providers.find((provider) => provider.name === format);
  if (found === undefined) throw new Error(`${path}: unknown format ${format}`);
  return found;
}
