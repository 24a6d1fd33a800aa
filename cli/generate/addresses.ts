import { type NetworkKind, readNetworkTable } from './networks.ts';
import { chance, hash32, integer, pick, type Random, weighted } from './random.ts';

interface Block {
  readonly first: number;
  readonly size: number;
}

export interface AccessNetwork {
  readonly kind: NetworkKind;
  readonly country: string;
  readonly operator: string;
  readonly asn: number;
  readonly weight: number;
  readonly blocks: readonly Block[];
  readonly ipv6: string | null;
}

function parseBlock(text: string): Block {
  const [address, length] = text.split('/');
  const first = address!.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return { first, size: 2 ** (32 - Number(length)) };
}

export const networks: readonly AccessNetwork[] = readNetworkTable().map(
  ([kind, country, asn, operator, weight, blocks, ipv6]) => ({
    kind,
    country,
    operator,
    asn,
    weight,
    blocks: blocks.split(' ').map(parseBlock),
    ipv6: ipv6 ?? null,
  }),
);

/** Where the shop and the bank do business. */
export const homeCountries: ReadonlySet<string> = new Set(['DE', 'AT', 'CH', 'NL', 'GB', 'FR', 'BE']);

/** One of the operators that `where` accepts, by number of users. */
export function networkPicker(where: (network: AccessNetwork) => boolean): (random: Random) => AccessNetwork {
  return weighted(networks.filter(where).map((network) => [network, network.weight] as const));
}

export function formatV4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** A host address in the network; never a .0 or .255. */
export function randomV4(random: Random, network: AccessNetwork): string {
  const block = pick(random, network.blocks);
  const value = block.first + integer(random, block.size);
  const last = value & 255;
  return formatV4(last === 0 || last === 255 ? (value & ~255) + 1 + integer(random, 254) : value);
}

/** The /64 of a household, as text up to the interface part; null where the operator has no IPv6. */
export function householdPrefix(random: Random, network: AccessNetwork): string | null {
  if (network.ipv6 === null) return null;
  return `${network.ipv6}:${integer(random, 0xfffe).toString(16)}:${(integer(random, 0xff) * 256 + 1).toString(16)}`;
}

/** A privacy address (RFC 8981) in a household's /64. */
export function deviceAddress(random: Random, prefix: string): string {
  const group = () => (integer(random, 0xfffe) + 1).toString(16);
  return `${prefix}:${group()}:${group()}:${group()}:${group()}`;
}

/**
 * Addresses that many people share: a carrier's or an office's NAT. The pool is fixed by `name`, so the same addresses
 * serve the whole run.
 */
export function sharedPool(network: AccessNetwork, size: number, random: Random): readonly string[] {
  const block = pick(random, network.blocks);
  const base = block.first + integer(random, Math.max(1, block.size - 1024));
  return Array.from({ length: size }, (_, index) => {
    const value = (base & ~255) + 1 + ((index * 37 + (hash32(network.operator) & 63)) % 253);
    return formatV4(value + 256 * Math.floor(index / 200));
  });
}

const anyResidential = networkPicker((network) => network.kind === 'home');
const foreignResidential = networkPicker(
  (network) => network.kind === 'home' && !homeCountries.has(network.country),
);
/** Clouds and hosters. */
export const hostingNetworks: readonly AccessNetwork[] = networks.filter(({ kind }) => kind === 'hosting');
const anyHosting = networkPicker((network) => network.kind === 'hosting');
const anyVpn = networkPicker((network) => network.kind === 'vpn');

/** What an attacker rents: shares of each kind of exit. They need not add up to one; the rest is residential. */
export interface ProxyMix {
  readonly hosting: number;
  readonly vpn: number;
  /** Of the residential exits, how many are outside the home countries on purpose. */
  readonly foreign: number;
}

/** One exit address of a proxy service. */
export function proxyExit(random: Random, mix: ProxyMix): string {
  const kind = random();
  if (kind < mix.hosting) return randomV4(random, anyHosting(random));
  if (kind < mix.hosting + mix.vpn) return randomV4(random, anyVpn(random));
  const network = chance(random, mix.foreign) ? foreignResidential(random) : anyResidential(random);
  const prefix = chance(random, 0.08) ? householdPrefix(random, network) : null;
  return prefix === null ? randomV4(random, network) : deviceAddress(random, prefix);
}
