import { segmentShape } from '../../lib/path/shapes.ts';

/** Beyond these a query is noise made to fill tables. */
const maxParams = 128;
const maxNameLength = 128;

/** Name and value pairs of a query string, decoded; at most 128. Names are cut, values are not. */
export function parseQuery(query: string, each: (name: string, value: string) => void): void {
  let count = 0;
  for (let index = 0; index < query.length && count < maxParams; ) {
    let end = query.indexOf('&', index);
    if (end < 0) end = query.length;
    if (end > index) {
      const equals = query.indexOf('=', index);
      if (equals >= 0 && equals < end)
        each(decode(query.slice(index, equals)), decode(query.slice(equals + 1, end)));
      else each(decode(query.slice(index, end)), '');
      count++;
    }
    index = end + 1;
  }
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** `items[0][id]` → `items[][id]`: positions are not names. */
export function paramName(name: string): string {
  const cut = name.length > maxNameLength ? name.slice(0, maxNameLength) : name;
  return cut.includes('[') ? cut.replace(/\[\d*\]/g, '[]') : cut;
}

/** A name in GraphQL. */
const graphqlName = /^[A-Za-z_]\w{0,99}$/;

/**
 * The operation that a query names, as GraphQL over HTTP asks for reading ones (`operationName=StoreStock`). null: none, or
 * what looks like an identifier: whatever stands there is kept in the clear.
 */
export function operationNamed(query: string): string | null {
  if (!query.includes('operationName=')) return null;
  let named: string | null = null;
  parseQuery(query, (name, value) => {
    if (name === 'operationName' && graphqlName.test(value) && segmentShape(value) === null) named ??= value;
  });
  return named;
}
