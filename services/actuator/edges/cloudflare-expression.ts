import { type Condition, InexpressibleError, type RequestField } from '../rules/condition.ts';

export interface CloudflareDialect {
  /** Business and Enterprise plans have `matches`. */
  readonly regex: boolean;
  /** The zone has Bot Management, and so JA3 and JA4. */
  readonly botManagement: boolean;
}

/** Longest expression that a rule may have is 4,096; the rest is for what spares the exempt list. */
const longest = 4000;

/** Names as in the Rules language reference (developers.cloudflare.com/ruleset-engine/rules-language/fields). */
const textFields: { readonly [field in RequestField]?: string } = {
  country: 'ip.src.country',
  ja3: 'cf.bot_management.ja3_hash',
  ja4: 'cf.bot_management.ja4',
  method: 'http.request.method',
  host: 'http.host',
  path: 'http.request.uri.path',
  http_version: 'http.request.version',
  tls_version: 'cf.tls_version',
  user_agent: 'http.user_agent',
  referer: 'http.referer',
  cookie: 'http.cookie',
};
const languages = 'http.request.headers["accept-language"][*]';

/** The condition in Cloudflare's Rules language. Throws InexpressibleError. */
export function cloudflareExpression(condition: Condition, dialect: CloudflareDialect): string {
  if (condition.is === 'always' || condition.is === 'never')
    throw new InexpressibleError(condition.is === 'always' ? 'selects every request' : 'selects no request');
  const text = written(condition, dialect);
  if (text.length > longest)
    throw new InexpressibleError(`an expression of ${text.length} characters: ${longest} are allowed`);
  return text;
}

function written(condition: Condition, dialect: CloudflareDialect): string {
  switch (condition.is) {
    case 'always':
    case 'never':
      throw new InexpressibleError('a constant within an expression');
    case 'all':
    case 'any': {
      const word = condition.is === 'all' ? ' and ' : ' or ';
      return `(${condition.of.map((part) => written(part, dialect)).join(word)})`;
    }
    case 'not':
      return `not (${written(condition.of, dialect)})`;
    case 'address':
      return `ip.src in {${condition.networks.join(' ')}}`;
    case 'equal':
      if (condition.field === 'asn') return inSet('ip.src.asnum', condition.values.map(asNumber));
      if (condition.field === 'accept_language')
        return `any(${inSet(languages, condition.values.map(quoted))})`;
      return inSet(fieldOf(condition.field, dialect), condition.values.map(quoted));
    case 'present':
      // Unknown is 0 for a network and XX for a country.
      if (condition.field === 'asn') return 'ip.src.asnum ne 0';
      if (condition.field === 'country') return 'ip.src.country ne "XX"';
      if (condition.field === 'accept_language') return `any(${languages} ne "")`;
      return `${fieldOf(condition.field, dialect)} ne ""`;
    case 'prefix': {
      const field = fieldOf(condition.field, dialect);
      const parts = condition.values.map((value) => `starts_with(${field}, ${quoted(value)})`);
      return parts.length === 1 ? parts[0]! : `(${parts.join(' or ')})`;
    }
    case 'match': {
      if (!dialect.regex)
        throw new InexpressibleError('needs regular expressions, which the plan does not have');
      const pattern =
        condition.patterns.length === 1 ? condition.patterns[0]! : alternatives(condition.patterns);
      const flags = condition.ignoreCase ? '(?i)' : '';
      return `${fieldOf(condition.field, dialect)} matches ${quoted(flags + pattern)}`;
    }
  }
}

function fieldOf(field: RequestField, { botManagement }: CloudflareDialect): string {
  const name = textFields[field];
  if (name === undefined) throw new InexpressibleError(`Cloudflare has no field for ${field}`);
  if ((field === 'ja3' || field === 'ja4') && !botManagement)
    throw new InexpressibleError(`${field} needs Bot Management`);
  return name;
}

function inSet(field: string, values: readonly string[]): string {
  return values.length === 1 ? `${field} eq ${values[0]}` : `${field} in {${values.join(' ')}}`;
}

export function alternatives(patterns: readonly string[]): string {
  return patterns.map((pattern) => `(?:${pattern})`).join('|');
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function asNumber(text: string): string {
  if (!/^\d{1,10}$/.test(text)) throw new InexpressibleError(`${JSON.stringify(text)} is no AS number`);
  return String(Number(text));
}
