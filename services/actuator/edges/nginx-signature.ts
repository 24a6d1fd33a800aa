import type { Predicate, Signature } from '../../../lib/contracts/generated.ts';
import { type AttributeName, attributes } from '../../../lib/signature/attributes.ts';
import { sparedBy } from '../../../lib/signature/standing.ts';
import { isProduct } from '../../../lib/signature/user-agent-product.ts';
import { type AddressAttribute, isAddressAttribute, networkOfValue } from './address-values.ts';
import { endpointPattern } from './endpoint-pattern.ts';
import { goodPattern } from './good-clients.ts';
import { type BrowserVariable, browserVariables } from './nginx-browser.ts';
import { longestToken, quoted } from './nginx-text.ts';
import { atLeastPattern, atMostPattern, literalPattern } from './pattern-text.ts';

/** A block of configuration that gives one variable the value 1 where the predicate holds, else 0. */
type Lines = readonly string[];

/** Where nginx finds an attribute: a variable that is empty when the request does not say. */
const ownVariables: { readonly [name in AttributeName]?: string } = {
  user_agent: '$http_user_agent',
  product: '$http_user_agent',
  accept_language: '$http_accept_language',
  method: '$request_method',
  host: '$host',
  http_version: '$server_protocol',
  tls_version: '$ssl_protocol',
  endpoint: '$request_method $uri',
  browser: browserVariables.browser,
  browser_version: browserVariables.browser_version,
  platform: browserVariables.platform,
};
const presenceVariables: { readonly [name in AttributeName]?: string } = {
  has_accept_language: '$http_accept_language',
  has_referer: '$http_referer',
  has_cookie: '$http_cookie',
};

export interface NginxVariables {
  /** Attributes that other modules provide (GeoIP2, TLS fingerprints), as the owner named their variables. */
  readonly named: { readonly [attribute: string]: string };
  /** Holds the words of a checked pass (docs/howto/passes.md); left out: passes are not checked. */
  readonly standing?: string | undefined;
}

export interface RenderedSignature {
  readonly lines: Lines;
  /** The variable that is 1 where all predicates hold. */
  readonly variable: string;
  /** Derived variables it reads, which the file has to define once. */
  readonly needs: readonly BrowserVariable[];
}

/** A signature as nginx maps, or why it can not be said there. `id` names its variables. */
export function renderSignature(
  signature: Signature,
  id: string,
  variables: NginxVariables,
): RenderedSignature | { readonly inexpressible: string } {
  const { standing } = variables;
  if (signature.except_good && standing === undefined)
    return { inexpressible: 'needs to know good clients: check passes, and name their variable in pass' };
  if (signature.predicates.length === 0) return { inexpressible: 'says nothing' };
  const lines: string[] = [];
  const names: string[] = [];
  const needs = new Set<BrowserVariable>();
  for (const [index, predicate] of signature.predicates.entries()) {
    const variable = `$tidegate_${id}_${index}`;
    const rendered = renderPredicate(predicate, variable, variables);
    if ('inexpressible' in rendered) return rendered;
    lines.push(...rendered.lines);
    names.push(variable);
    if (predicate.attribute in browserVariables) needs.add(predicate.attribute as BrowserVariable);
  }
  const variable = `$tidegate_${id}`;
  let selected = '1';
  if (standing !== undefined && sparedBy(signature) !== null) {
    selected = `${variable}_unknown`;
    lines.push(`map ${standing} ${selected} { default 1; ${quoted(`~${goodPattern(signature)}`)} 0; }`);
  }
  // nginx works a variable out when it is needed: passes are checked for requests that the rest selects.
  lines.push(
    `map ${quoted(names.join(''))} ${variable} { default 0; ${quoted('1'.repeat(names.length))} ${selected}; }`,
  );
  return { lines, variable, needs: [...needs] };
}

type Rendered = { readonly lines: Lines } | { readonly inexpressible: string };
const constant = (variable: string, holds: boolean): Rendered => ({
  lines: [`map "" ${variable} { default ${holds ? 1 : 0}; }`],
});

function renderPredicate(predicate: Predicate, variable: string, variables: NginxVariables): Rendered {
  const { attribute, op, values } = predicate;
  const known = attributes[attribute as AttributeName];
  if (known === undefined) return { inexpressible: `unknown attribute ${attribute}` };
  if (isAddressAttribute(attribute)) return renderAddress(predicate, variable, attribute);
  const presence = presenceVariables[attribute as AttributeName];
  if (presence !== undefined) return renderPresence(predicate, variable, presence);
  const source = variables.named[attribute] ?? ownVariables[attribute as AttributeName];
  if (source === undefined)
    return { inexpressible: `nginx has no variable for ${attribute}: name one in variables` };

  const test = (patterns: readonly string[], found: 0 | 1, otherwise: 0 | 1): Rendered => {
    const lines = [`map ${quoted(source)} ${variable} {`, `    default ${otherwise};`];
    // An attribute that the request lacks satisfies no predicate but absent.
    lines.push('    "" 0;');
    for (const pattern of patterns) {
      const token = quoted(`~^(?:${pattern})\\z`);
      if (token.length > longestToken)
        return { inexpressible: `a value of ${attribute} is too long for nginx` };
      lines.push(`    ${token} ${found};`);
    }
    return { lines: [...lines, '}'] };
  };
  switch (op) {
    case 'present':
      return test([], 1, 1);
    case 'absent':
      return { lines: [`map ${quoted(source)} ${variable} { default 0; "" 1; }`] };
    case 'in':
    case 'not_in': {
      const patterns: string[] = [];
      for (const value of values) {
        const pattern = valuePattern(attribute as AttributeName, value);
        if (pattern === null)
          return { inexpressible: `nginx can not say ${attribute} ${JSON.stringify(value)}` };
        if (value !== '' && (attribute !== 'product' || isProduct(value))) patterns.push(pattern);
      }
      return op === 'in' ? test(patterns, 1, 0) : test(patterns, 0, 1);
    }
    case 'lte':
    case 'gte': {
      const bound = Number(values[0]);
      if (known.type !== 'number' || !Number.isSafeInteger(bound) || bound < 0)
        return { inexpressible: `nginx can not compare ${attribute} with ${values[0]}` };
      return test([op === 'lte' ? atMostPattern(bound) : atLeastPattern(bound)], 1, 0);
    }
    default:
      return { inexpressible: `unknown operator ${op}` };
  }
}

function valuePattern(attribute: AttributeName, value: string): string | null {
  if (attribute === 'endpoint') return endpointPattern(value);
  if (attribute === 'product') return `${literalPattern(value)}(?:\\x20.*)?`;
  if (attribute === 'http_version') return `HTTP/${literalPattern(value)}(?:\\x2e0)?`;
  // Collectors are given both spellings.
  if (attribute === 'tls_version') return `(?:TLSv)?${literalPattern(value.replace(/^TLSv?/i, ''))}`;
  return literalPattern(value);
}

/** `yes` or `no`; never unknown at an edge. */
function renderPresence({ op, values, attribute }: Predicate, variable: string, source: string): Rendered {
  const yes =
    op === 'in' ? values.includes('yes') : op === 'not_in' ? !values.includes('yes') : op === 'present';
  const no =
    op === 'in' ? values.includes('no') : op === 'not_in' ? !values.includes('no') : op === 'present';
  if (op === 'lte' || op === 'gte') return { inexpressible: `${attribute} has no order` };
  return { lines: [`map ${quoted(source)} ${variable} { default ${yes ? 1 : 0}; "" ${no ? 1 : 0}; }`] };
}

function renderAddress({ op, values }: Predicate, variable: string, attribute: AddressAttribute): Rendered {
  if (op === 'present' || op === 'absent') return constant(variable, op === 'present');
  if (op !== 'in' && op !== 'not_in') return { inexpressible: `${attribute} has no order` };
  const found = op === 'in' ? 1 : 0;
  const lines = [`geo ${variable} {`, `    default ${1 - found};`];
  for (const value of values)
    if (networkOfValue(attribute, value) !== null) lines.push(`    ${value} ${found};`);
  return { lines: [...lines, '}'] };
}
