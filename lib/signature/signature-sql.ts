import type { Predicate } from '../contracts/generated.ts';
import { wordVariable } from '../path/word-family.ts';
import { type AttributeName, attributes } from './attributes.ts';

const ipText = (column: string): string => `replaceOne(toString(${column}), '::ffff:', '')`;
const presence = (known: string, condition: string): string =>
  `if(${known}, if(${condition}, 'yes', 'no'), NULL)`;

/** The catalogue of lib/signature as expressions over `requests`; a test holds the two together. */
export const attributeSql: { readonly [name in AttributeName]: string } = {
  client_ip: ipText('client_ip'),
  network_24_48: `concat(${ipText('client_network')}, if(startsWith(toString(client_network), '::ffff:'), '/24', '/48'))`,
  asn: 'toString(asn)',
  country: 'country',
  end_user_asn: 'toString(end_user_asn)',
  end_user_country: 'end_user_country',
  ja3: 'ja3',
  ja4: 'ja4',
  user_agent: 'user_agent',
  product: `nullIf(splitByChar(' ', ifNull(user_agent, ''))[1], '')`,
  browser: 'browser',
  browser_version: 'toString(browser_version)',
  platform: 'platform',
  accept_language: 'accept_language',
  has_accept_language: presence('true', 'accept_language IS NOT NULL'),
  has_referer: presence('true', 'referer IS NOT NULL'),
  has_cookie: presence('cookie_count IS NOT NULL', 'cookie_count > 0'),
  http_version: 'http_version',
  tls_version: 'tls_version',
  method: 'method',
  host: 'host',
  endpoint: 'endpoint',
  partner: 'partner_id',
  network_class: 'network_class',
  proxy_operator: 'proxy_operator',
  browser_age_days: 'toString(browser_age_days)',
  browser_plausible: presence('browser_plausible IS NOT NULL', 'browser_plausible'),
};

/**
 * A regular expression for endpoints, those counted as one with all their members. Slightly wider than lib/path: it
 * does not know which words say what an endpoint is for.
 */
function familyPattern(endpoints: readonly string[]): string {
  const escaped = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
  const patterns = endpoints.map((endpoint) =>
    endpoint.split(wordVariable).map(escaped).join('(?:[^/{]+|\\{other\\}|\\{word\\})'),
  );
  return `^(?:${patterns.join('|')})$`;
}

export interface SqlCondition {
  readonly sql: string;
  readonly params: { readonly [name: string]: unknown };
}

/**
 * The condition under which a row of `requests` has all predicates; `prefix` keeps parameter names apart. null when a
 * predicate is unknown: then nothing may be said about rows.
 */
export function signatureSql(predicates: readonly Predicate[], prefix: string): SqlCondition | null {
  if (predicates.length === 0) return null;
  const params: { [name: string]: unknown } = {};
  const parts: string[] = [];
  for (const [index, predicate] of predicates.entries()) {
    if (!(predicate.attribute in attributes)) return null;
    const value = `toNullable(${attributeSql[predicate.attribute as AttributeName]})`;
    const name = `${prefix}_${index}`;
    const list = `{${name}:Array(String)}`;
    switch (predicate.op) {
      case 'in':
        params[name] = [...predicate.values];
        parts.push(`ifNull(has(${list}, ${value}), 0)`);
        if (predicate.attribute === 'endpoint' && predicate.values.some((of) => of.includes(wordVariable))) {
          params[name] = familyPattern(predicate.values);
          parts[parts.length - 1] = `(NOT ifNull(documented, false) AND match(endpoint, {${name}:String}))`;
        }
        break;
      case 'not_in':
        params[name] = [...predicate.values];
        parts.push(`(${value} IS NOT NULL AND NOT has(${list}, ${value}))`);
        break;
      case 'lte':
      case 'gte':
        params[name] = Number(predicate.values[0]);
        parts.push(
          `ifNull(toFloat64OrNull(${value}) ${predicate.op === 'lte' ? '<=' : '>='} {${name}:Float64}, 0)`,
        );
        break;
      case 'absent':
        parts.push(`${value} IS NULL`);
        break;
      case 'present':
        parts.push(`${value} IS NOT NULL`);
        break;
      default:
        return null;
    }
  }
  return { sql: `(${parts.join(' AND ')})`, params };
}
