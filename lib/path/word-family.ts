import { guessFunction } from './endpoint-function.ts';
import { hasOperation } from './operations.ts';
import { otherSegment } from './template-limits.ts';

/**
 * Stands in a template for one plain word that never repeats itself enough to be a name of its own, such as a product
 * in `GET /products/{word}`. Templates of single requests never contain it: families are learned from traffic.
 */
export const wordVariable = '{word}';

function functionOf(endpoint: string): string {
  const space = endpoint.indexOf(' ');
  return guessFunction(endpoint.slice(0, space), endpoint.slice(endpoint.indexOf('/', space)));
}

/**
 * Families that an endpoint (`METHOD template` or `METHOD host/template`) could belong to: one for each plain word of
 * its path, unless the word is what says what the endpoint is for. `/products/checkout` is in no family of products.
 */
export function familiesOf(endpoint: string): readonly string[] {
  const families: string[] = [];
  // the operations of an endpoint are told apart on purpose
  if (hasOperation(endpoint)) return families;
  const own = functionOf(endpoint);
  for (let slash = endpoint.indexOf('/'); slash >= 0; ) {
    const next = endpoint.indexOf('/', slash + 1);
    const end = next < 0 ? endpoint.length : next;
    const word = endpoint.slice(slash + 1, end);
    if (isWord(word)) {
      const family = `${endpoint.slice(0, slash + 1)}${wordVariable}${endpoint.slice(end)}`;
      if (functionOf(family) === own) families.push(family);
    }
    slash = next;
  }
  return families;
}

/**
 * Those of its families whose word comes before what says what the endpoint is for: a language, a country or a tenant, as in
 * `GET /{word}/api/stock`. Of `POST /auth/{word}` each word is a step of its own.
 */
export function prefixFamiliesOf(endpoint: string): readonly string[] {
  const own = functionOf(endpoint);
  if (own === 'other') return [];
  const method = endpoint.slice(0, endpoint.indexOf(' ') + 1);
  return familiesOf(endpoint).filter(
    (family) => functionOf(method + family.slice(family.indexOf(wordVariable) + wordVariable.length)) === own,
  );
}

/** `otherSegment` stands for the words beyond the limit of a folder. */
function isWord(segment: string): boolean {
  return segment === otherSegment || (segment !== '' && !segment.includes('{'));
}

const remembered = 2000;

/** Tests `METHOD template` for being `family`, or a member of it when it is a family. */
export function endpointTest(family: string): (endpoint: string) => boolean {
  const at = family.indexOf(wordVariable);
  if (at < 0) return (endpoint) => endpoint === family;
  const before = family.slice(0, at);
  const after = family.slice(at + wordVariable.length);
  const known = new Map<string, boolean>();
  return (endpoint) => {
    if (!endpoint.startsWith(before) || !endpoint.endsWith(after)) return false;
    let belongs = known.get(endpoint);
    if (belongs === undefined) {
      belongs = endpoint === family || familiesOf(endpoint).includes(family);
      if (known.size >= remembered) known.clear();
      known.set(endpoint, belongs);
    }
    return belongs;
  };
}
