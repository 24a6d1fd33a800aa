import type { Predicate, Signature } from '../../../lib/contracts/generated.ts';
import { isProduct } from '../../../lib/signature/user-agent-product.ts';
import { type AddressAttribute, isAddressAttribute, networkOfValue } from '../edges/address-values.ts';
import { endpointPattern } from '../edges/endpoint-pattern.ts';
import { atLeastPattern, atMostPattern } from '../edges/pattern-text.ts';
import { anyPlatform, browserCondition, noBrowser, platformCondition } from './agent-condition.ts';
import {
  all,
  always,
  any,
  type Condition,
  equal,
  InexpressibleError,
  match,
  never,
  not,
  prefix,
  type RequestField,
} from './condition.ts';

const fields: { readonly [attribute: string]: RequestField } = {
  asn: 'asn',
  country: 'country',
  ja3: 'ja3',
  ja4: 'ja4',
  user_agent: 'user_agent',
  accept_language: 'accept_language',
  method: 'method',
  host: 'host',
  http_version: 'http_version',
  tls_version: 'tls_version',
};
const presences: { readonly [attribute: string]: RequestField } = {
  has_accept_language: 'accept_language',
  has_referer: 'referer',
  has_cookie: 'cookie',
};
/** Only what is safe in every language's strings and patterns. */
const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/**
 * The condition that a signature is at an edge. Throws InexpressibleError for what no edge sees on one request. A field
 * that the request lacks satisfies no predicate but `absent`, as in lib/signature.
 */
export function conditionOf(signature: Signature): Condition {
  if (signature.except_good) throw new InexpressibleError('needs to know good clients');
  if (signature.predicates.length === 0) throw new InexpressibleError('says nothing');
  const ofBrowser = signature.predicates.filter(({ attribute }) => attribute.startsWith('browser'));
  const others = signature.predicates.filter((predicate) => !ofBrowser.includes(predicate));
  return all(...others.map(predicateCondition), agentCondition(ofBrowser));
}

function predicateCondition(predicate: Predicate): Condition {
  const { attribute, op, values } = predicate;
  const strange = values.find((value) => !isPlain(value));
  if (strange !== undefined) throw new InexpressibleError(`${attribute} ${JSON.stringify(strange)}`);
  if (isAddressAttribute(attribute)) return addressCondition(attribute, predicate);
  if (attribute === 'endpoint') return endpointCondition(predicate);
  if (attribute === 'product') return productCondition(predicate);
  if (attribute === 'platform') return answered(predicate, platformCondition(values), anyPlatform);
  const presence = presences[attribute];
  if (presence !== undefined) return presenceCondition(predicate, presence);
  const field = fields[attribute];
  if (field === undefined) throw new InexpressibleError(`${attribute} can not be seen on one request`);
  const texts = [...new Set(values.map((value) => valueText(field, value)).filter((text) => text !== ''))];
  const present: Condition = { is: 'present', field };
  if (op === 'in' || op === 'not_in' || op === 'present' || op === 'absent')
    return answered(predicate, equal(field, texts), present);
  throw new InexpressibleError(`${attribute} has no order`);
}

/** in, not_in, present and absent by what `in` means and when the attribute is known at all. */
function answered({ attribute, op }: Predicate, isIn: Condition, isKnown: Condition): Condition {
  switch (op) {
    case 'in':
      return isIn;
    case 'not_in':
      return all(isKnown, not(isIn));
    case 'present':
      return isKnown;
    case 'absent':
      return not(isKnown);
    default:
      throw new InexpressibleError(`${attribute} has no order`);
  }
}

/** The agent is the product, or goes on after a blank. An agent that begins with one has none; edges trim it away. */
function productCondition(predicate: Predicate): Condition {
  const products = [...new Set(predicate.values.filter(isProduct))];
  const isIn = any(
    equal('user_agent', products),
    prefix(
      'user_agent',
      products.map((product) => `${product} `),
    ),
  );
  return answered(predicate, isIn, { is: 'present', field: 'user_agent' });
}

/** Collectors are given several spellings of a version. */
function valueText(field: RequestField, value: string): string {
  if (field === 'http_version') return `HTTP/${value.replace(/^HTTP\//i, '').replace(/^([23])\.0$/, '$1')}`;
  if (field === 'tls_version') return `TLSv${value.replace(/^TLSv?/i, '')}`;
  return value;
}

/** `yes` or `no`; never unknown at an edge. */
function presenceCondition({ op, values, attribute }: Predicate, field: RequestField): Condition {
  const present: Condition = { is: 'present', field };
  const when = (yes: boolean, no: boolean): Condition =>
    yes ? (no ? always : present) : no ? not(present) : never;
  switch (op) {
    case 'in':
      return when(values.includes('yes'), values.includes('no'));
    case 'not_in':
      return when(!values.includes('yes'), !values.includes('no'));
    case 'present':
      return always;
    case 'absent':
      return never;
    default:
      throw new InexpressibleError(`${attribute} has no order`);
  }
}

function addressCondition(attribute: AddressAttribute, { op, values }: Predicate): Condition {
  if (op === 'present') return always;
  if (op === 'absent') return never;
  if (op !== 'in' && op !== 'not_in') throw new InexpressibleError(`${attribute} has no order`);
  const networks = values.filter((value) => networkOfValue(attribute, value) !== null);
  const isIn: Condition = networks.length === 0 ? never : { is: 'address', networks };
  return op === 'in' ? isIn : not(isIn);
}

function endpointCondition({ op, values }: Predicate): Condition {
  if (op === 'present') return always;
  if (op === 'absent') return never;
  if (op !== 'in' && op !== 'not_in') throw new InexpressibleError('endpoint has no order');
  const byMethod = new Map<string, string[]>();
  for (const value of values) {
    const [method, path, ...rest] = (endpointPattern(value) ?? '').split('\\x20');
    if (method === undefined || path === undefined || rest.length > 0)
      throw new InexpressibleError(`endpoint ${JSON.stringify(value)} has no pattern`);
    byMethod.set(method, [...(byMethod.get(method) ?? []), `^${path}$`]);
  }
  const isIn = any(
    ...[...byMethod].map(([method, paths]) => all(equal('method', [method]), match('path', paths))),
  );
  return op === 'in' ? isIn : not(isIn);
}

/** Predicates about the browser and its version are one question, since both are read from the same place. */
function agentCondition(predicates: readonly Predicate[]): Condition {
  if (predicates.length === 0) return always;
  const isOf = (...ops: readonly string[]) => predicates.every(({ op }) => ops.includes(op));
  if (isOf('absent')) return noBrowser;
  let browsers: readonly string[] | null = null;
  const browsersNot: string[] = [];
  let version: string | null = null;
  for (const { attribute, op, values } of predicates) {
    if (op === 'present') continue;
    if (attribute === 'browser' && op === 'in')
      browsers = browsers === null ? values : browsers.filter((browser) => values.includes(browser));
    else if (attribute === 'browser' && op === 'not_in') browsersNot.push(...values);
    else if (attribute === 'browser_version' && op !== 'not_in' && version === null)
      version = versionPattern(op, values);
    else throw new InexpressibleError(`${attribute} ${op} with what else is asked`);
  }
  return browserCondition({ browsers, browsersNot, version });
}

function versionPattern(op: string, values: readonly string[]): string {
  const numbers = values.map(Number);
  if (numbers.length === 0 || numbers.some((value) => !Number.isSafeInteger(value) || value < 0))
    throw new InexpressibleError(`browser_version ${op} ${values.join(', ')}`);
  switch (op) {
    case 'in':
      return `0*(?:${numbers.join('|')})`;
    case 'lte':
      return atMostPattern(numbers[0]!);
    case 'gte':
      return atLeastPattern(numbers[0]!);
    default:
      throw new InexpressibleError(`browser_version ${op}`);
  }
}
