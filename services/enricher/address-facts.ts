import type { ClientTraits } from './client-traits.ts';

/** What data sets may say about an address. `asn` before everything that is looked up by it. */
export type FactKind = 'country' | 'asn' | 'network' | 'proxy' | 'bot' | 'asn_class';

export type AsnClass = 'hosting' | 'isp' | 'mobile' | 'education' | 'vpn';
export type NetworkClass =
  | 'hosting'
  | 'isp'
  | 'mobile'
  | 'education'
  | 'vpn'
  | 'tor'
  | 'proxy'
  | 'relay'
  | 'unknown';
export type ProxyKind = 'residential' | 'public' | 'vpn' | 'tor' | 'hosting' | 'relay';

/** Gathers the statements of all data sets about one address. Data sets listed first win where only one can. */
export interface AddressFacts {
  country: string | null;
  asn: number | null;
  asOrg: string | null;
  tor: boolean;
  vpn: boolean;
  publicProxy: boolean;
  residential: boolean;
  relay: boolean;
  /** An anonymity data set calls it hosting; says nothing about proxies. */
  hosting: boolean;
  mobile: boolean;
  education: boolean;
  isp: boolean;
  /** On a list of networks to drop (Spamhaus DROP): hijacked or run by criminals. */
  listed: boolean;
  asnClass: AsnClass | null;
  operator: string | null;
  /** 1 to 99. */
  confidence: number | null;
  /** Operator of a crawler whose published ranges hold the address. */
  crawler: string | null;
}

export function emptyFacts(): AddressFacts {
  return {
    country: null,
    asn: null,
    asOrg: null,
    tor: false,
    vpn: false,
    publicProxy: false,
    residential: false,
    relay: false,
    hosting: false,
    mobile: false,
    education: false,
    isp: false,
    listed: false,
    asnClass: null,
    operator: null,
    confidence: null,
    crawler: null,
  };
}

/** A lane of EnrichedRequest.hashes: its halves as signed numbers. */
export interface LaneHash {
  readonly lo: number;
  readonly hi: number;
}

/** Client and network lane of an address on a site. */
export interface AddressHashes {
  readonly site: string;
  readonly client: LaneHash;
  readonly network: LaneHash;
}

/** Software of a client, and the hashes of what it showed, and of what stays of that (lib/hash/lanes.ts). */
export interface Fingerprint {
  readonly site: string;
  readonly tls: string;
  readonly http: string | null;
  readonly language: boolean;
  readonly agent: string;
  readonly hash: LaneHash;
  readonly softwareHash: LaneHash;
}

/** What the client at an address showed last: most show the same in every request. */
export interface LastClient {
  readonly agent: string | null;
  readonly traits: ClientTraits;
  fingerprint: Fingerprint | null;
}

/** What is written into every record of the address: computed once and shared. */
export interface AddressSummary {
  /** Hashes for the site that met the address last; filled by the pipeline. */
  hashes: AddressHashes | null;
  /** Filled by the pipeline too. */
  client: LastClient | null;
  readonly country: string | null;
  readonly asn: number | null;
  readonly asOrg: string | null;
  readonly networkClass: NetworkClass;
  readonly proxyKind: ProxyKind | null;
  readonly proxyOperator: string | null;
  readonly proxyConfidence: number | null;
  readonly crawler: string | null;
}

/**
 * One class out of all statements: tor, then relay, then proxies and VPNs, then what the network is for.
 *
 * Relays (Apple Private Relay) come before VPN and hosting statements: their egress stands in CDN networks that
 * datacentre and VPN lists contain too, and honest people behind a relay must not look like proxies. Addresses of
 * carriers (mobile, isp) never become proxies by class: only a data set that names the address can say so.
 */
export function classify(facts: AddressFacts): { networkClass: NetworkClass; proxyKind: ProxyKind | null } {
  if (facts.tor) return { networkClass: 'tor', proxyKind: 'tor' };
  if (facts.relay) return { networkClass: 'relay', proxyKind: 'relay' };
  if (facts.residential) return { networkClass: 'proxy', proxyKind: 'residential' };
  if (facts.publicProxy) return { networkClass: 'proxy', proxyKind: 'public' };
  if (facts.vpn) return { networkClass: 'vpn', proxyKind: 'vpn' };
  if (facts.mobile || facts.asnClass === 'mobile') return { networkClass: 'mobile', proxyKind: null };
  if (facts.education || facts.asnClass === 'education')
    return { networkClass: 'education', proxyKind: null };
  // A dropped network is run for abuse, whatever its holder calls it.
  if (facts.listed) return { networkClass: 'hosting', proxyKind: 'hosting' };
  if (facts.hosting || facts.asnClass === 'hosting') return { networkClass: 'hosting', proxyKind: null };
  if (facts.asnClass === 'vpn') return { networkClass: 'vpn', proxyKind: null };
  if (facts.isp || facts.asnClass === 'isp') return { networkClass: 'isp', proxyKind: null };
  return { networkClass: 'unknown', proxyKind: null };
}

export function summarise(facts: AddressFacts): AddressSummary {
  const { networkClass, proxyKind } = classify(facts);
  const confidence = facts.confidence;
  return {
    hashes: null,
    client: null,
    country: facts.country,
    asn: facts.asn,
    asOrg: facts.asOrg,
    networkClass,
    proxyKind,
    proxyOperator: proxyKind === null ? null : facts.operator,
    proxyConfidence:
      proxyKind === null || confidence === null ? null : Math.min(99, Math.max(1, Math.round(confidence))),
    crawler: facts.crawler,
  };
}
