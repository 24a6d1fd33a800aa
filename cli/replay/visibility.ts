import type { FieldPresence } from './field-presence.ts';

/** Something this input does not show, what it would be good for, and how to log it. */
export interface Blindness {
  readonly what: string;
  readonly gain: string;
  readonly how: string;
}

interface Aspect extends Blindness {
  /** Any of these fields shows it. */
  readonly fields: readonly string[];
  /** Seen in less than this share of the requests, it counts as not there. */
  readonly least: number;
}

/** Ordered by what is gained. */
export const adviceFor: readonly Aspect[] = [
  {
    what: 'user agent',
    gain: 'browser age, implausible browsers, most signatures',
    how: 'log_format combined (nginx, Apache), or field user_agent',
    fields: ['user_agent'],
    least: 0.02,
  },
  {
    what: 'session',
    gain: 'session rotation, what was visited before, sparing people behind a NAT',
    how: 'log the session cookie: log_format … "$cookie_sid", then fields.session_id',
    fields: ['session_id'],
    least: 0.02,
  },
  {
    what: 'JA4 / TLS fingerprint',
    gain: 'browser forgery, stronger signatures',
    how: 'log from the CDN, or an nginx JA4 module ($http_ssl_ja4)',
    fields: ['ja4', 'ja3'],
    least: 0.02,
  },
  {
    what: 'account',
    gain: 'few tries per account over many addresses, list of compromised accounts',
    how: 'a log-in answer header: log_format … "$upstream_http_x_account"',
    fields: ['account_id'],
    least: 0.001,
  },
  {
    what: 'log-in outcome',
    gain: 'failure ratio beyond status 401/403',
    how: 'field outcome (success | failure), or enricher.outcomes for your log-in endpoint',
    fields: ['outcome'],
    least: 0.0005,
  },
  {
    what: 'cookie count',
    gain: 'sessions that gather a single cookie',
    how: 'a map over $http_cookie; see docs/howto/log-formats.md',
    fields: ['cookie_count'],
    least: 0.02,
  },
  {
    what: 'accept-language',
    gain: 'signatures of tools that imitate browsers',
    how: 'log_format … "$http_accept_language"',
    fields: ['accept_language'],
    least: 0.02,
  },
  {
    what: 'referer',
    gain: 'calls that no page led to',
    how: 'log_format combined (nginx, Apache), or field referer',
    fields: ['referer'],
    least: 0.001,
  },
  {
    what: 'partner or API key',
    gain: 'campaigns through trusted connections, told apart by partner',
    how: 'log_format … "$http_x_partner_id" "$http_x_api_key_id"',
    fields: ['partner_id', 'api_key_id'],
    least: 0.0005,
  },
  {
    what: 'documented API',
    gain: 'shadow endpoints',
    how: '--openapi openapi.yaml',
    fields: ['documented'],
    least: 0.0005,
  },
  {
    what: 'country and network',
    gain: 'countries without business, hosting networks',
    how: 'enricher: MMDB files of your own (MaxMind, IPinfo, DB-IP)',
    fields: ['country', 'asn'],
    least: 0.02,
  },
];

/** Share of requests to endpoints that serve several operations, without saying which. */
const leastUnnamed = 0.02;

/** Share of requests without a host. */
const leastHostless = 0.02;

/** Everything the input does not show. `proxyFeeds`: number of proxy data sets in use. */
export function notVisible(presence: FieldPresence, proxyFeeds: number): readonly Blindness[] {
  const missing: Blindness[] = adviceFor
    .filter(({ fields, least }) => fields.every((field) => presence.share(field) < least))
    .map(({ what, gain, how }) => ({ what, gain, how }));
  if (presence.unnamedOperations() >= leastUnnamed)
    missing.push({
      what: 'operation',
      gain: 'log-ins, payments and look-ups behind one path (GraphQL, JSON-RPC)',
      how: 'field operation; see docs/howto/log-formats.md',
    });
  if (presence.unknownHosts() >= leastHostless)
    missing.push({
      what: 'host',
      gain: 'which site it is: shown as unknown',
      how: '--host www.example.com, or log_format … "$host"',
    });
  if (proxyFeeds === 0)
    missing.push({
      what: 'proxy reputation',
      gain: 'residential proxies and their operators',
      how: '--proxy-feed FILE',
    });
  return missing;
}
