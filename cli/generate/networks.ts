import { readFileSync } from 'node:fs';
import { inPackage } from '../../lib/package-root.ts';

/**
 * Networks that really exist: a few announced blocks of each operator, all of it in the stated country. Derived from the
 * routing tables of the RIRs and RouteViews (CC BY 4.0, see THIRD_PARTY_DATA.md), checked against two country
 * databases, so that enrichment resolves generated addresses the way it resolves real ones. Everybody "at" these
 * addresses is invented.
 */
export type NetworkKind = 'home' | 'mobile' | 'hosting' | 'vpn';

/** Kind, country, AS number, operator, relative number of users, IPv4 blocks, IPv6 /32. */
export type NetworkRow = readonly [
  kind: NetworkKind,
  country: string,
  asn: number,
  operator: string,
  weight: number,
  blocks: string,
  ipv6?: string,
];

/** Reads the table; the generator needs it once. */
export function readNetworkTable(): readonly NetworkRow[] {
  return JSON.parse(readFileSync(inPackage('data', 'generator', 'networks.json'), 'utf8')) as NetworkRow[];
}
