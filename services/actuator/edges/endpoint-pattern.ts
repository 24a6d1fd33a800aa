import { literalPattern } from './pattern-text.ts';

/**
 * What the variables of a template stand for; never wider than lib/path's shapes need. No segment holds a semicolon:
 * it begins the matrix parameters.
 */
const shapePatterns: { readonly [shape: string]: string } = {
  number: '[-+]?[0-9]+(?:\\x2e[0-9]+)?',
  uuid: '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}',
  hex: '[0-9A-Fa-f]{8,}',
  date: '[12][0-9]{3}-[0-9]{2}(?:-[0-9]{2}(?:T[^/;]*)?)?',
  email: '[^/;@]+@[^/;@]+',
  // Two digits or more, and something else.
  code: '(?:[^/;0-9]+[0-9][^/;0-9]*[0-9]|[0-9](?:[^/;0-9]+[0-9]|[0-9]+[^/;0-9]))[^/;]*',
  token: '[^/;]{16,}',
  slug: '[^/;_-]*[-_][^/;_-]*[-_][^/;]*',
  list: '[^/;,]*,[^/;]*',
  text: '[A-Za-z0-9._~!$&()*+=:,-]*[^A-Za-z0-9._~!$&()*+=:,/;-][^/;]*',
};

/** The same where the path is still percent-encoded: unreserved characters stand for themselves, others as %XX. */
const encodedShapePatterns: { readonly [shape: string]: string } = {
  ...shapePatterns,
  email: '[^/;@]+(?:@|%40)[^/;@]+',
  list: '[^/;]*(?:,|%2[Cc])[^/;]*',
};

/**
 * Pattern over `METHOD path` for an endpoint (`GET /stores/{number}/stock`), or null when it has none. The path is
 * decoded and without query, as the paths that templates are made of. A trailing slash and matrix parameters do not
 * make another endpoint, so they do not get a request past the rule either.
 */
export function endpointPattern(endpoint: string): string | null {
  const parts = splitEndpoint(endpoint, shapePatterns, literalPattern);
  return parts === null ? null : `${parts.method}\\x20${parts.path}`;
}

/** Method, and pattern of a path that is still percent-encoded, for RE2 (`list` would backtrack elsewhere). */
export function encodedEndpoint(endpoint: string): { readonly method: string; readonly path: string } | null {
  return splitEndpoint(endpoint, encodedShapePatterns, encodedLiteral);
}

/** A byte that has a meaning in paths may stand for itself or be encoded; one that has not is never in the clear. */
function encodedLiteral(text: string): string {
  let pattern = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(byte);
    const hex = byte.toString(16).padStart(2, '0');
    const coded = `%${hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)}`;
    if (/[A-Za-z0-9._~-]/.test(char)) pattern += literalPattern(char);
    else pattern += byte > 0x20 && byte < 0x7f ? `(?:${literalPattern(char)}|${coded})` : coded;
  }
  return pattern;
}

function splitEndpoint(
  endpoint: string,
  shapes: typeof shapePatterns,
  literal: (text: string) => string,
): { readonly method: string; readonly path: string } | null {
  const space = endpoint.indexOf(' ');
  const method = endpoint.slice(0, space);
  const template = endpoint.slice(space + 1);
  if (space < 0 || !/^[A-Z]{1,16}$/.test(method) || method === 'OTHER' || !template.startsWith('/'))
    return null;
  let path = '';
  for (const segment of template.split('/')) {
    if (segment === '') continue;
    const inside = segmentPattern(segment, shapes, literal);
    if (inside === null) return null;
    path += `/+${inside}(?:;[^/]*)?`;
  }
  return { method, path: `${path}/*` };
}

function segmentPattern(
  segment: string,
  shapes: typeof shapePatterns,
  literal: (text: string) => string,
): string | null {
  let pattern = '';
  for (const part of segment.split(/(\{[^{}]*\})/)) {
    if (part === '') continue;
    if (!part.startsWith('{')) {
      const text = part.startsWith('%7E') ? `~${part.slice(3)}` : part;
      pattern += literal(text);
      continue;
    }
    const name = part.slice(1, -1);
    if (name === 'other' || name === 'rest' || name === '') return null;
    // A second variable of one shape is numbered.
    pattern += shapes[name.replace(/_[0-9]+$/, '')] ?? '[^/;]+';
  }
  return pattern;
}

/**
 * Endpoints in the order in which their patterns are to be tried where only one can win: a request that several fit is
 * of the most particular. Words before variables, then shapes as lib/path tells them apart.
 */
export function byParticularity(endpoints: Iterable<string>): string[] {
  const order = ['uuid', 'date', 'number', 'hex', 'email', 'list', 'code', 'slug', 'token', 'text'];
  const rank = (segment: string): number => {
    if (!segment.includes('{')) return 0;
    const name = /\{([a-z]+)/.exec(segment)?.[1] ?? '';
    const at = order.indexOf(name);
    return at < 0 ? order.length + 1 : at + 1;
  };
  const key = (endpoint: string): string =>
    endpoint
      .split('/')
      .map((segment) => String.fromCharCode(65 + rank(segment)))
      .join('');
  const keyed = [...new Set(endpoints)].map((endpoint) => ({ endpoint, key: key(endpoint) }));
  return keyed
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.endpoint < b.endpoint ? -1 : 1))
    .map(({ endpoint }) => endpoint);
}
