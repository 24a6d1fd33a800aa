import type { AttributeName } from '../../lib/signature/attributes.ts';

/** What one kind of edge can hold, how soon it acts, and what it can tell requests apart by. */
export interface EdgePreset {
  readonly name: string;
  /** From a decision to its effect everywhere, ms; what vendors state or what was measured, rounded up. */
  readonly delayMs: number;
  /** Addresses, networks, AS numbers and so on, all lists together. */
  readonly entries: number;
  /** Conjunctions of attributes (rules), beside the lists. */
  readonly rules: number;
  /** Target kinds it has lists or rules for. */
  readonly kinds: ReadonlySet<string>;
  /** Attributes a rule may use; null: every one that an edge sees on a single request. */
  readonly attributes: ReadonlySet<AttributeName> | null;
  /** Whether it can exempt clients known to be good (a pass, or a list of them). */
  readonly exceptGood: boolean;
}

const addresses = ['ip', 'cidr'] as const;
const headers: readonly AttributeName[] = [
  'client_ip',
  'network_24_48',
  'user_agent',
  'product',
  'browser',
  'browser_version',
  'platform',
  'accept_language',
  'has_accept_language',
  'has_referer',
  'has_cookie',
  'http_version',
  'tls_version',
  'method',
  'host',
  'endpoint',
];
const preset = (
  name: string,
  delayMs: number,
  entries: number,
  rules: number,
  kinds: readonly string[],
  attributes: readonly AttributeName[] | null,
  exceptGood: boolean,
): EdgePreset => ({
  name,
  delayMs,
  entries,
  rules,
  kinds: new Set(kinds),
  attributes: attributes === null ? null : new Set(attributes),
  exceptGood,
});

/** The presets of `--edge`. Sessions and accounts are stopped by the application, so only `generic` knows them. */
export const edgePresets: readonly EdgePreset[] = [
  preset(
    'generic',
    2000,
    10_000,
    100,
    [...addresses, 'asn', 'country', 'ja3', 'ja4', 'session', 'account', 'api_key', 'signature'],
    null,
    true,
  ),
  preset('nginx', 2000, 200_000, 100, [...addresses, 'signature'], headers, true),
  preset('haproxy', 1000, 200_000, 100, [...addresses, 'signature'], headers, true),
  preset('crowdsec', 10_000, 100_000, 0, [...addresses, 'asn', 'country'], [], false),
  preset(
    'cloudflare',
    30_000,
    10_000,
    100,
    [...addresses, 'asn', 'country', 'ja3', 'ja4', 'signature'],
    [...headers, 'asn', 'country', 'ja3', 'ja4'],
    false,
  ),
  preset(
    'aws-waf',
    60_000,
    10_000,
    20,
    [...addresses, 'asn', 'country', 'ja3', 'ja4', 'signature'],
    [...headers, 'asn', 'country', 'ja3', 'ja4'],
    false,
  ),
  preset(
    'fastly',
    1000,
    1000,
    50,
    [...addresses, 'ja3', 'ja4', 'signature'],
    [...headers, 'country', 'ja3', 'ja4'],
    false,
  ),
  preset('feed', 60_000, 100_000, 0, [...addresses], [], false),
];

export const edgeNames: readonly string[] = edgePresets.map((edge) => edge.name);
