/** Envoy's unified matcher as JSON (xds.type.matcher.v3): predicates over a request, and what to do when they hold. */

export type EnvoyPredicate = { readonly [part: string]: unknown };
/** A predicate that may turn out to be settled beforehand. */
export type Condition = EnvoyPredicate | boolean;

const header = (name: string) => ({
  name: 'header',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput',
    header_name: name,
  },
});
const text = (name: string, value_match: object): EnvoyPredicate => ({
  single_predicate: { input: header(name), value_match },
});

/** The header has this value. A header that is not sent has none. */
export const equals = (name: string, value: string): Condition => text(name, { exact: value });

/** The value begins with this text. */
export const startsWith = (name: string, prefix: string): Condition => text(name, { prefix });

/** The whole value fits the pattern (RE2). */
export const fits = (name: string, pattern: string): Condition =>
  text(name, { safe_regex: { google_re2: {}, regex: pattern } });

/** The header is sent and not empty. */
export const isSent = (name: string): Condition => fits(name, '(?s).+');

/** Where the client's address is taken from: with the X-Forwarded-For that Envoy trusts, or the peer itself. */
export type AddressSource = 'remote' | 'direct';
const addressInputs = { remote: 'SourceIPInput', direct: 'DirectSourceIPInput' } as const;

export interface CidrRange {
  readonly address_prefix: string;
  readonly prefix_len: number;
}

/** `192.0.2.0/24` as Envoy writes it. */
export function cidrRange(network: string): CidrRange {
  const slash = network.lastIndexOf('/');
  return { address_prefix: network.slice(0, slash), prefix_len: Number(network.slice(slash + 1)) };
}

/** The client's address lies in one of the networks; a trie, so their number does not matter. */
export function isIn(source: AddressSource, ranges: readonly CidrRange[]): Condition {
  if (ranges.length === 0) return false;
  return {
    single_predicate: {
      input: {
        name: 'address',
        typed_config: {
          '@type': `type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.${addressInputs[source]}`,
        },
      },
      custom_match: {
        name: 'networks',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.matching.input_matchers.ip.v3.Ip',
          stat_prefix: 'tidegate',
          cidr_ranges: ranges,
        },
      },
    },
  };
}

export function not(condition: Condition): Condition {
  return typeof condition === 'boolean' ? !condition : { not_matcher: condition };
}

/** Holds when all do; tried in order. */
export function all(...conditions: readonly Condition[]): Condition {
  if (conditions.includes(false)) return false;
  const left = conditions.filter((condition) => condition !== true) as EnvoyPredicate[];
  return left.length > 1 ? { and_matcher: { predicate: left } } : (left[0] ?? true);
}

/** Holds when any does. */
export function any(...conditions: readonly Condition[]): Condition {
  if (conditions.includes(true)) return true;
  const left = conditions.filter((condition) => condition !== false) as EnvoyPredicate[];
  return left.length > 1 ? { or_matcher: { predicate: left } } : (left[0] ?? false);
}

const action = (name: string, kind: 'ALLOW' | 'DENY') => ({
  action: {
    name: 'action',
    typed_config: { '@type': 'type.googleapis.com/envoy.config.rbac.v3.Action', name, action: kind },
  },
});

export interface Refusal {
  readonly condition: Condition;
  /** Shown in the response code details, and by shadow rules in the metadata. */
  readonly name: string;
}

/** Requests that `exempt` holds for pass; of the others those are refused for which any condition holds. null: none. */
export function refuseMatching(exempt: Condition, refusals: readonly Refusal[]): object | null {
  const matchers = refusals
    .filter(({ condition }) => condition !== false)
    .map(({ condition, name }) => ({
      // A condition that always holds still needs a predicate.
      predicate: condition === true ? fits(':method', '(?s).*') : condition,
      on_match: action(name, 'DENY'),
    }));
  if (matchers.length === 0 || exempt === true) return null;
  const first = exempt === false ? [] : [{ predicate: exempt, on_match: action('exempt', 'ALLOW') }];
  return { matcher_list: { matchers: [...first, ...matchers] }, on_no_match: action('none', 'ALLOW') };
}
