import type { EnrichedRequest } from '../contracts/generated.ts';
import { formatIp, networkText } from '../ip.ts';
import { productOf } from './user-agent-product.ts';

/** What an attribute's values are, and so which operators make sense on it. */
export type AttributeType = 'text' | 'number' | 'presence';

export interface Attribute {
  readonly type: AttributeType;
  /** True when an edge sees it on one request, alone; only these may stop a request. */
  readonly edgeVisible: boolean;
  readonly description: string;
  /** null: this request does not say. Presence attributes answer 'yes' or 'no'. */
  read(event: EnrichedRequest): string | number | null;
}

const presence = (value: boolean | null): string | null => (value === null ? null : value ? 'yes' : 'no');

/**
 * The attributes a signature may speak of: one catalogue for the miner, the matcher, the planner and the simulated
 * edge, so that all mean the same.
 */
export const attributes = {
  client_ip: {
    type: 'text',
    edgeVisible: true,
    description: 'Address',
    read: (e) => formatIp(e.request.client_ip),
  },
  network_24_48: {
    type: 'text',
    edgeVisible: true,
    description: 'IPv4 /24 or IPv6 /48 of the address',
    read: (e) => networkText(e.request.client_ip),
  },
  asn: {
    type: 'text',
    edgeVisible: true,
    description: 'Autonomous system number',
    read: (e) => (e.asn === null ? null : String(e.asn)),
  },
  country: {
    type: 'text',
    edgeVisible: true,
    description: 'ISO 3166-1 alpha-2 country of the address',
    read: (e) => e.country,
  },
  end_user_asn: {
    type: 'text',
    edgeVisible: true,
    description: 'Autonomous system number of the address that a partner’s call is made for',
    read: (e) => (e.end_user_asn === null ? null : String(e.end_user_asn)),
  },
  end_user_country: {
    type: 'text',
    edgeVisible: true,
    description: 'Country of the address that a partner’s call is made for',
    read: (e) => e.end_user_country,
  },
  ja3: { type: 'text', edgeVisible: true, description: 'JA3 hash', read: (e) => e.request.ja3 },
  ja4: { type: 'text', edgeVisible: true, description: 'JA4 fingerprint', read: (e) => e.request.ja4 },
  user_agent: {
    type: 'text',
    edgeVisible: true,
    description: 'User-Agent header',
    read: (e) => e.request.user_agent,
  },
  product: {
    type: 'text',
    edgeVisible: true,
    description: 'First product of the user agent, with its version (`Shop/8.1.0`)',
    read: ({ request: { user_agent: agent } }) => (agent === null ? null : productOf(agent)),
  },
  browser: {
    type: 'text',
    edgeVisible: true,
    description: 'Browser family of the user agent',
    read: (e) => e.browser,
  },
  browser_version: {
    type: 'number',
    edgeVisible: true,
    description: 'Major version of the browser',
    read: (e) => e.browser_version,
  },
  platform: {
    type: 'text',
    edgeVisible: true,
    description: 'Platform of the user agent',
    read: (e) => e.platform,
  },
  accept_language: {
    type: 'text',
    edgeVisible: true,
    description: 'Accept-Language header',
    read: (e) => e.request.accept_language,
  },
  has_accept_language: {
    type: 'presence',
    edgeVisible: true,
    description: 'Whether Accept-Language is sent',
    read: (e) => presence(e.request.accept_language !== null),
  },
  has_referer: {
    type: 'presence',
    edgeVisible: true,
    description: 'Whether Referer is sent',
    read: (e) => presence(e.request.referer !== null),
  },
  has_cookie: {
    type: 'presence',
    edgeVisible: true,
    description: 'Whether any cookie is sent',
    read: (e) => presence(e.request.cookie_count === null ? null : e.request.cookie_count > 0),
  },
  http_version: {
    type: 'text',
    edgeVisible: true,
    description: 'HTTP version',
    read: (e) => e.request.http_version,
  },
  tls_version: {
    type: 'text',
    edgeVisible: true,
    description: 'TLS version',
    read: (e) => e.request.tls_version,
  },
  method: { type: 'text', edgeVisible: true, description: 'Request method', read: (e) => e.request.method },
  host: { type: 'text', edgeVisible: true, description: 'Host', read: (e) => e.request.host },
  endpoint: {
    type: 'text',
    edgeVisible: true,
    description: 'METHOD template; at an edge a method and a path pattern',
    read: (e) => e.endpoint,
  },
  partner: {
    type: 'text',
    edgeVisible: false,
    description: 'Partner that the call came through',
    read: (e) => e.request.partner_id,
  },
  network_class: {
    type: 'text',
    edgeVisible: false,
    description: 'hosting, isp, mobile, ...',
    read: (e) => e.network_class,
  },
  proxy_operator: {
    type: 'text',
    edgeVisible: false,
    description: 'Operator of a known proxy network',
    read: (e) => e.proxy_operator,
  },
  browser_age_days: {
    type: 'number',
    edgeVisible: false,
    description: 'Age of the browser version at event time',
    read: (e) => e.browser_age_days,
  },
  browser_plausible: {
    type: 'presence',
    edgeVisible: false,
    description: 'Whether such a browser version ever existed',
    read: (e) => presence(e.browser_plausible),
  },
} as const satisfies { readonly [name: string]: Attribute };

export type AttributeName = keyof typeof attributes;

/** What is said of whom a partner calls for: what speaks for the partner's server does not speak for him. */
export const endUserAttributes = [
  'end_user_asn',
  'end_user_country',
] as const satisfies readonly AttributeName[];
const ofEndUser: ReadonlySet<string> = new Set(endUserAttributes);
export const isOfEndUser = (attribute: string): boolean => ofEndUser.has(attribute);

export const attributeNames = Object.keys(attributes) as AttributeName[];
