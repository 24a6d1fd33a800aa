import { type Document, isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml';

/** A YAML text that knows where each of its values stands, so that every complaint names file, line and column. */
export interface YamlSource {
  /** The document as plain values; undefined when the text is no YAML. */
  readonly value: unknown;
  /** What makes the text no YAML. */
  readonly syntax: readonly { readonly offset: number; readonly message: string }[];
  /** Offset of the value at a path, or of the nearest value above it; undefined for the whole document. */
  valueAt(path: readonly PropertyKey[]): number | undefined;
  /** Offset of the key at a path, where there is one; else as `valueAt`. */
  keyAt(path: readonly PropertyKey[]): number | undefined;
  /** Offset of the character `index` of the text at a path: quotes, escapes and folded lines are looked through. */
  characterAt(path: readonly PropertyKey[], index: number): number | undefined;
  /** `name:line:column`, or the name alone. */
  place(offset: number | undefined): string;
}

export function readYaml(name: string, text: string): YamlSource {
  const lines = new LineCounter();
  const document: Document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const nodeAt = (path: readonly PropertyKey[]): unknown => document.getIn(path, true);
  const rangeOf = (node: unknown): number | undefined =>
    (node as { range?: [number, number, number] } | undefined)?.range?.[0];
  const valueAt = (path: readonly PropertyKey[]): number | undefined => {
    for (let length = path.length; length > 0; length--) {
      const offset = rangeOf(nodeAt(path.slice(0, length)));
      if (offset !== undefined) return offset;
    }
    return undefined;
  };
  return {
    value: document.errors.length > 0 ? undefined : document.toJS(),
    syntax: document.errors.map((error) => ({ offset: error.pos[0], message: error.message })),
    valueAt,
    keyAt(path) {
      const parent = path.length > 1 ? nodeAt(path.slice(0, -1)) : document.contents;
      if (isMap(parent))
        for (const pair of parent.items)
          if (isPair(pair) && isScalar(pair.key) && pair.key.value === path.at(-1)) {
            const offset = rangeOf(pair.key);
            if (offset !== undefined) return offset;
          }
      return valueAt(path);
    },
    characterAt(path, index) {
      const node = nodeAt(path);
      if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return valueAt(path);
      const { value } = node;
      let at = node.range[0];
      if (node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL') at = text.indexOf('\n', at) + 1;
      else if (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') at++;
      // only white space and escapes differ between the text of a scalar and what stands in the file
      for (let seen = 0; seen < value.length; seen++) {
        if (/\s/.test(value[seen]!)) {
          if (seen === index) return at;
          continue;
        }
        while (at < node.range[1] && text[at] !== value[seen]) at++;
        if (seen >= index) return at;
        at++;
      }
      return Math.min(at, node.range[1]);
    },
    place(offset) {
      if (offset === undefined) return name;
      const { line, col } = lines.linePos(offset);
      return `${name}:${line}:${col}`;
    },
  };
}
