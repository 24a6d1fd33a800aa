import type { Predicate, Signature } from '../contracts/generated.ts';

/**
 * The signature whose canonical text this is, or null: the inverse of `canonicalSignature`, for whoever holds no more
 * than the value of a target.
 */
export function parseSignature(text: string): Signature | null {
  const predicates: Predicate[] = [];
  let rest = text;
  while (rest !== '' && !/^(?:except|sparing) good/.test(rest)) {
    const head = /^([a-z0-9_]+) ([a-z_]+) (?=\[)/.exec(rest);
    if (head === null) return null;
    const end = endOfArray(rest, head[0].length);
    if (end < 0) return null;
    const values = parseValues(rest.slice(head[0].length, end));
    if (values === null) return null;
    predicates.push({ attribute: head[1]!, op: head[2]!, values });
    rest = rest.slice(end);
    if (rest === '') break;
    if (!rest.startsWith(' & ')) return null;
    rest = rest.slice(3);
    if (rest === '') return null;
  }
  if (rest === '') return predicates.length === 0 ? null : { predicates, except_good: false, good_after: [] };
  const good = /^(?:except good|(except|sparing) good after (.+))$/.exec(rest);
  if (good === null) return null;
  const [, how, names] = good;
  return { predicates, except_good: how !== 'sparing', good_after: names?.split(', ') ?? [] };
}

/** Index after the bracket that closes the JSON array at `from`; -1: none does. */
function endOfArray(text: string, from: number): number {
  let inString = false;
  for (let index = from; index < text.length; index++) {
    const char = text[index];
    if (inString) {
      if (char === '\\') index++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === ']') return index + 1;
  }
  return -1;
}

function parseValues(json: string): string[] | null {
  try {
    const values: unknown = JSON.parse(json);
    return Array.isArray(values) && values.every((value) => typeof value === 'string') ? values : null;
  } catch {
    return null;
  }
}
