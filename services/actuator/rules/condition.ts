/**
 * What a rule asks of one request, in no vendor's words: the form between a signature and the rule languages of CDNs and
 * cloud WAFs. Every writer renders it or says why it can not; `holds` is what they must all agree with.
 */

/** Parts of a request that a rule can look at. */
export type RequestField =
  | 'country'
  | 'asn'
  | 'ja3'
  | 'ja4'
  | 'method'
  | 'host'
  /** Decoded, without the query. */
  | 'path'
  | 'http_version'
  | 'tls_version'
  | 'user_agent'
  | 'accept_language'
  | 'referer'
  | 'cookie';

export type Condition =
  | { readonly is: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly is: 'not'; readonly of: Condition }
  | { readonly is: 'always' | 'never' }
  /** The field is one of these texts. A field that the request lacks equals nothing. */
  | { readonly is: 'equal'; readonly field: RequestField; readonly values: readonly string[] }
  /** The field begins with one of these texts. */
  | { readonly is: 'prefix'; readonly field: RequestField; readonly values: readonly string[] }
  /** One of these patterns, in RE2's syntax, is found in the field. */
  | {
      readonly is: 'match';
      readonly field: RequestField;
      readonly patterns: readonly string[];
      readonly ignoreCase: boolean;
    }
  /** The request has the field, and it is not empty. */
  | { readonly is: 'present'; readonly field: RequestField }
  | { readonly is: 'address'; readonly networks: readonly string[] };

export const always: Condition = { is: 'always' };
export const never: Condition = { is: 'never' };

/** Flat, without constants and double negation. */
export function all(...of: readonly Condition[]): Condition {
  const parts = of
    .flatMap((part) => (part.is === 'all' ? part.of : [part]))
    .filter(({ is }) => is !== 'always');
  if (parts.some(({ is }) => is === 'never')) return never;
  if (parts.length === 0) return always;
  return parts.length === 1 ? parts[0]! : { is: 'all', of: parts };
}

export function any(...of: readonly Condition[]): Condition {
  const parts = of
    .flatMap((part) => (part.is === 'any' ? part.of : [part]))
    .filter(({ is }) => is !== 'never');
  if (parts.some(({ is }) => is === 'always')) return always;
  if (parts.length === 0) return never;
  return parts.length === 1 ? parts[0]! : { is: 'any', of: parts };
}

export function not(of: Condition): Condition {
  if (of.is === 'not') return of.of;
  if (of.is === 'always') return never;
  if (of.is === 'never') return always;
  return { is: 'not', of };
}

export function equal(field: RequestField, values: readonly string[]): Condition {
  return values.length === 0 ? never : { is: 'equal', field, values };
}

export function prefix(field: RequestField, values: readonly string[]): Condition {
  return values.length === 0 ? never : { is: 'prefix', field, values };
}

export function match(field: RequestField, patterns: readonly string[], ignoreCase = false): Condition {
  return patterns.length === 0 ? never : { is: 'match', field, patterns, ignoreCase };
}

/** A request as conditions see it. */
export type RequestView = { readonly [field in RequestField]?: string } & {
  readonly inNetwork: (network: string) => boolean;
};

/** What every writer's text must mean. */
export function holds(condition: Condition, request: RequestView): boolean {
  switch (condition.is) {
    case 'always':
      return true;
    case 'never':
      return false;
    case 'all':
      return condition.of.every((part) => holds(part, request));
    case 'any':
      return condition.of.some((part) => holds(part, request));
    case 'not':
      return !holds(condition.of, request);
    case 'equal':
      return condition.values.includes(request[condition.field] ?? '\0');
    case 'prefix': {
      const text = request[condition.field] ?? '';
      return condition.values.some((value) => text.startsWith(value));
    }
    case 'match': {
      const text = request[condition.field] ?? '';
      const flags = condition.ignoreCase ? 'i' : '';
      return text !== '' && condition.patterns.some((pattern) => new RegExp(pattern, flags).test(text));
    }
    case 'present':
      return (request[condition.field] ?? '') !== '';
    case 'address':
      return condition.networks.some((network) => request.inNetwork(network));
  }
}

/** Thrown by writers: the language of an edge has no words for this. */
export class InexpressibleError extends Error {}

/** The rendering, or why there is none. */
export function expressed<T>(write: () => T): T | { readonly inexpressible: string } {
  try {
    return write();
  } catch (error) {
    if (error instanceof InexpressibleError) return { inexpressible: error.message };
    throw error;
  }
}
