/** Part of a route's segment that holds variables and literals, such as `{owner}-{repo}.json`. */
export interface PartialSegment {
  readonly names: readonly string[];
  /** What is said of the same texts in the same way. */
  readonly key: string;
  /** The values of the variables, each of one character at least; null: the text is another one. */
  match(text: string): string[] | null;
}

const variable = /\{([^{}]+)\}/g;

/**
 * A segment's text is chosen by the client, up to thousands of characters: no regular expression, which would try all ways to
 * divide it. Every literal is looked for from the end, as far to the right as it can stand, which gives the first variables
 * as much as there is (as `(.+)-(.+)` would) and looks at each character once.
 */
export function partialSegment(segment: string): PartialSegment {
  const names = [...segment.matchAll(variable)].map((match) => match[1]!);
  const literals = segment.split(/\{[^{}]+\}/);
  const first = literals[0]!;
  return {
    names,
    key: literals.join('{}'),
    match(text) {
      if (!text.startsWith(first)) return null;
      const values = new Array<string>(names.length);
      /** Where the literal after the variable begins. */
      let end = text.length - literals.at(-1)!.length;
      if (end < 0 || !text.endsWith(literals.at(-1)!)) return null;
      for (let at = names.length - 1; at > 0; at--) {
        const literal = literals[at]!;
        const last = end - 1 - literal.length;
        const found = last < 0 ? -1 : text.lastIndexOf(literal, last);
        if (found < 0) return null;
        values[at] = text.slice(found + literal.length, end);
        end = found;
      }
      if (end <= first.length) return null;
      values[0] = text.slice(first.length, end);
      return values;
    },
  };
}
