import { type Condition, InexpressibleError, type RequestField } from '../rules/condition.ts';
import { alternatives } from './cloudflare-expression.ts';
import { literalPattern } from './pattern-text.ts';

/** Limits of one rule (cloud.google.com/armor/docs/rules-language-reference, and quotas). */
const longest = 2048;
export const mostSubexpressions = 5;

/** Attributes of Cloud Armor's rules language. */
const textFields: { readonly [field in RequestField]?: string } = {
  country: 'origin.region_code',
  ja3: 'origin.tls_ja3_fingerprint',
  ja4: 'origin.tls_ja4_fingerprint',
  method: 'request.method',
  path: 'request.path.urlDecode()',
};
const headers: { readonly [field in RequestField]?: string } = {
  host: 'host',
  user_agent: 'user-agent',
  accept_language: 'accept-language',
  referer: 'referer',
  cookie: 'cookie',
};

export interface CloudArmorExpression {
  readonly text: string;
  readonly subexpressions: number;
}

/** The condition in Cloud Armor's subset of CEL. Throws InexpressibleError. */
export function cloudArmorExpression(
  condition: Condition,
  /** Names of the address groups whose members no rule stops. */
  exemptGroups: readonly string[],
): CloudArmorExpression {
  if (condition.is === 'always' || condition.is === 'never')
    throw new InexpressibleError(condition.is === 'always' ? 'selects every request' : 'selects no request');
  let subexpressions = exemptGroups.length;
  const relation = (text: string): string => {
    subexpressions++;
    return text;
  };
  const written = (part: Condition): string => {
    switch (part.is) {
      case 'always':
      case 'never':
        throw new InexpressibleError('a constant within an expression');
      case 'all':
        return joined(part.of.map(written), '&&');
      case 'any':
        return joined(part.of.map(written), '||');
      case 'not':
        return `!(${written(part.of)})`;
      case 'address':
        return joined(
          part.networks.map((network) => relation(`inIpRange(origin.ip, '${network}')`)),
          '||',
        );
      case 'equal': {
        const field = fieldOf(part.field);
        const value = part.field === 'asn' ? asNumber : quoted;
        return joined(
          part.values.map((text) => relation(`${field} == ${value(text)}`)),
          '||',
        );
      }
      case 'present': {
        const header = headers[part.field];
        if (header === undefined)
          throw new InexpressibleError(`Cloud Armor can not tell whether ${part.field} is known`);
        return relation(`has(request.headers['${header}'])`);
      }
      case 'prefix':
        return relation(
          part.values.length === 1
            ? `${fieldOf(part.field)}.startsWith(${quoted(part.values[0]!)})`
            : `${fieldOf(part.field)}.matches(${quoted(`^(?:${alternatives(part.values.map(literalPattern))})`)})`,
        );
      case 'match': {
        const pattern = part.patterns.length === 1 ? part.patterns[0]! : alternatives(part.patterns);
        const flags = part.ignoreCase ? '(?i)' : '';
        return relation(`${fieldOf(part.field)}.matches(${quoted(flags + pattern)})`);
      }
    }
  };
  const spared = exemptGroups.map((group) => `!evaluateAddressGroup('${group}', origin.ip)`);
  const text = [...spared, written(condition)].join(' && ');
  if (subexpressions > mostSubexpressions)
    throw new InexpressibleError(`${subexpressions} subexpressions: ${mostSubexpressions} are allowed`);
  if (text.length > longest)
    throw new InexpressibleError(`an expression of ${text.length} characters: ${longest} are allowed`);
  return { text, subexpressions };
}

function fieldOf(field: RequestField): string {
  if (field === 'asn') return 'origin.asn';
  const name =
    textFields[field] ?? (headers[field] === undefined ? undefined : `request.headers['${headers[field]}']`);
  if (name === undefined) throw new InexpressibleError(`Cloud Armor has no attribute for ${field}`);
  return name;
}

function joined(parts: readonly string[], operator: string): string {
  return parts.length === 1 ? parts[0]! : `(${parts.join(` ${operator} `)})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function asNumber(text: string): string {
  if (!/^\d{1,10}$/.test(text)) throw new InexpressibleError(`${JSON.stringify(text)} is no AS number`);
  return String(Number(text));
}
