import type { Predicate, Signature } from '../../../lib/contracts/generated.ts';
import { formatNetwork } from '../../../lib/ip.ts';
import { type AttributeName, attributes } from '../../../lib/signature/attributes.ts';
import { isProduct } from '../../../lib/signature/user-agent-product.ts';
import { networkOfValue } from './address-values.ts';
import { encodedEndpoint } from './endpoint-pattern.ts';
import { hasBrowser, hasPlatform, hasVersion, isBrowser, isPlatform, isVersion } from './envoy-browser.ts';
import {
  type AddressSource,
  all,
  any,
  type Condition,
  cidrRange,
  equals,
  fits,
  isIn,
  isSent,
  not,
  startsWith,
} from './envoy-predicate.ts';
import { literalPattern } from './pattern-text.ts';

/** What of a request Envoy is told by headers that the owner's proxies set: `country: x-country`. */
export interface EnvoyInputs {
  readonly source: AddressSource;
  readonly headers: { readonly [attribute: string]: string };
}

/** How an attribute is asked about: whether it is there, and whether it has one of some values. */
interface Question {
  readonly present: Condition;
  /** Text: a value that Envoy can not say. */
  readonly isOneOf: (values: readonly string[]) => Condition | string;
}

/** Asks for one value after the other; null: Envoy can not say it. */
const each =
  (is: (value: string) => Condition | null) =>
  (values: readonly string[]): Condition | string => {
    const conditions: Condition[] = [];
    for (const value of values) {
      const condition = is(value);
      if (condition === null) return value;
      conditions.push(condition);
    }
    return any(...conditions);
  };

const agent = 'user-agent';
/** Half a character can not be said. */
const saidOf = (value: string, condition: Condition): Condition | null =>
  /\p{Surrogate}/u.test(value) ? null : condition;
const ofHeader = (name: string): Question => ({
  present: isSent(name),
  isOneOf: each((value) => saidOf(value, equals(name, value))),
});
/** A header that is sent or not. */
const presences: { readonly [name in AttributeName]?: string } = {
  has_accept_language: 'accept-language',
  has_referer: 'referer',
  has_cookie: 'cookie',
};
const costly: ReadonlySet<string> = new Set(['browser', 'browser_version', 'platform']);

function question(attribute: AttributeName, inputs: EnvoyInputs): Question | null {
  const named = inputs.headers[attribute];
  if (named !== undefined) return ofHeader(named);
  switch (attribute) {
    case 'user_agent':
      return ofHeader(agent);
    case 'product':
      return {
        present: isSent(agent),
        isOneOf: each((value) =>
          isProduct(value) ? saidOf(value, any(equals(agent, value), startsWith(agent, `${value} `))) : false,
        ),
      };
    case 'accept_language':
      return ofHeader('accept-language');
    case 'method':
      return ofHeader(':method');
    case 'host':
      return {
        present: isSent(':authority'),
        isOneOf: each((value) =>
          /^[\x21-\x7e]+$/.test(value)
            ? fits(':authority', `(?i)${literalPattern(value)}(?::[0-9]+)?`)
            : null,
        ),
      };
    case 'endpoint':
      return { present: true, isOneOf: each(isEndpoint) };
    case 'browser':
      return { present: hasBrowser, isOneOf: isBrowser };
    case 'browser_version':
      return {
        present: hasBrowser,
        isOneOf: each((value) => /^[0-9]{1,6}$/.test(value) && isVersion(`0*${value}\\b`)),
      };
    case 'platform':
      return { present: hasPlatform, isOneOf: each(isPlatform) };
    case 'client_ip':
    case 'network_24_48':
      return {
        present: true,
        isOneOf: each((value) => {
          const network = networkOfValue(attribute, value);
          return network !== null && isIn(inputs.source, [cidrRange(formatNetwork(network))]);
        }),
      };
    default:
      return null;
  }
}

function isEndpoint(endpoint: string): Condition | null {
  const parts = encodedEndpoint(endpoint);
  return parts === null
    ? null
    : all(equals(':method', parts.method), fits(':path', `${parts.path}(?:\\?.*)?`));
}

export type Rendered = { readonly condition: Condition } | { readonly inexpressible: string };

/** A signature as a condition, or why Envoy can not evaluate it. */
export function envoyCondition(signature: Signature, inputs: EnvoyInputs): Rendered {
  if (signature.except_good) return { inexpressible: 'needs to know good clients' };
  if (signature.predicates.length === 0) return { inexpressible: 'says nothing' };
  const conditions: Condition[] = [];
  // What costs little goes first: most requests fail there.
  const inOrder = signature.predicates.toSorted(
    (a, b) => Number(costly.has(a.attribute)) - Number(costly.has(b.attribute)),
  );
  for (const predicate of inOrder) {
    const rendered = renderPredicate(predicate, inputs);
    if ('inexpressible' in rendered) return rendered;
    conditions.push(rendered.condition);
  }
  return { condition: all(...conditions) };
}

function renderPredicate({ attribute, op, values }: Predicate, inputs: EnvoyInputs): Rendered {
  const known = attributes[attribute as AttributeName];
  if (known === undefined) return { inexpressible: `unknown attribute ${attribute}` };
  const presence = presences[attribute as AttributeName];
  if (presence !== undefined) return renderPresence(op, values, isSent(presence));
  const asked = question(attribute as AttributeName, inputs);
  if (asked === null) return { inexpressible: `Envoy is not told ${attribute}: name a header in headers` };
  switch (op) {
    case 'present':
      return { condition: asked.present };
    case 'absent':
      return { condition: not(asked.present) };
    case 'in':
    case 'not_in': {
      const found = asked.isOneOf(values.filter((value) => value !== ''));
      if (typeof found === 'string')
        return { inexpressible: `Envoy can not say ${attribute} ${JSON.stringify(found)}` };
      // A request that does not say satisfies neither.
      return { condition: op === 'in' ? found : all(asked.present, not(found)) };
    }
    case 'lte':
    case 'gte': {
      const bound = Number(values[0]);
      const isBound = attribute === 'browser_version' && Number.isSafeInteger(bound) && bound >= 0;
      return isBound
        ? { condition: hasVersion(op, bound) }
        : { inexpressible: `Envoy can not compare ${attribute} with ${values[0]}` };
    }
    default:
      return { inexpressible: `unknown operator ${op}` };
  }
}

/** `yes` or `no`; never unknown at an edge. */
function renderPresence(op: string, values: readonly string[], sent: Condition): Rendered {
  const holdsFor = (value: string): boolean =>
    op === 'in' ? values.includes(value) : op === 'not_in' ? !values.includes(value) : op === 'present';
  if (op === 'lte' || op === 'gte') return { inexpressible: 'a presence has no order' };
  return { condition: any(all(holdsFor('yes'), sent), all(holdsFor('no'), not(sent))) };
}
