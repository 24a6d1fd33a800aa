import { literalPattern } from './nginx-text.ts';

/** What the variables of a template stand for; never wider than lib/path's shapes need. */
const shapePatterns: { readonly [shape: string]: string } = {
  number: '[-+]?[0-9]+(?:\\x2e[0-9]+)?',
  uuid: '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}',
  hex: '[0-9A-Fa-f]{8,}',
  date: '[12][0-9]{3}-[0-9]{2}(?:-[0-9]{2}(?:T[^/]*)?)?',
  email: '[^/@]+@[^/@]+',
  code: '(?=[^/]*[0-9][^/]*[0-9])[^/]*[^0-9/][^/]*',
  token: '[^/]{16,}',
  slug: '[^/]*[-_][^/]*[-_][^/]*',
  list: '[^/]*,[^/]*',
  text: '[^/]*[^A-Za-z0-9._~!$&()*+=:,/-][^/]*',
};

/**
 * Pattern over `$request_method $uri` for an endpoint (`GET /stores/{number}/stock`), or null when it has none: `$uri`
 * is decoded and without query, as the paths that templates are made of. A trailing slash and matrix parameters do not
 * make another endpoint, so they do not get a request past the rule either.
 */
export function endpointPattern(endpoint: string): string | null {
  const space = endpoint.indexOf(' ');
  const method = endpoint.slice(0, space);
  const template = endpoint.slice(space + 1);
  if (space < 0 || !/^[A-Z]{1,16}$/.test(method) || method === 'OTHER' || !template.startsWith('/'))
    return null;
  let pattern = `${method} `;
  for (const segment of template.split('/')) {
    if (segment === '') continue;
    const inside = segmentPattern(segment);
    if (inside === null) return null;
    pattern += `/+${inside}(?:;[^/]*)?`;
  }
  return `${pattern}/*`;
}

function segmentPattern(segment: string): string | null {
  let pattern = '';
  for (const part of segment.split(/(\{[^{}]*\})/)) {
    if (part === '') continue;
    if (!part.startsWith('{')) {
      const text = part.startsWith('%7E') ? `~${part.slice(3)}` : part;
      pattern += literalPattern(text);
      continue;
    }
    const name = part.slice(1, -1);
    if (name === 'other' || name === 'rest' || name === '') return null;
    pattern += shapePatterns[name] ?? '[^/]+';
  }
  return pattern;
}
