import { detached } from '../../lib/detached-text.ts';

/** A text that was met in a line, with whatever is remembered of it. */
export interface MetText {
  /** As it stands in lines, in memory of its own. */
  readonly raw: string;
}

/**
 * Remembers what was made of texts that repeat: one slot a text, the last one keeps it. A hit makes no text of its piece of
 * the line, and a text is only compared with one of the same hash: in a Map every look-up visits others, which lie all
 * over the memory. Whoever sends texts that fall to one slot makes us do the work again, no more.
 */
export interface TextTable<T extends MetText> {
  /** What was made of line[from, to), or what is made of it now; null is not remembered. */
  find(line: string, from: number, to: number): T | null;
}

export function createTextTable<T extends MetText>(
  bits: number,
  make: (raw: string) => T | null,
): TextTable<T> {
  // Made when needed: a collector may have many files open, of formats that need no such table.
  let hashes: Int32Array | null = null;
  let met: (T | null)[] = [];
  return {
    find(line, from, to) {
      if (hashes === null) {
        hashes = new Int32Array(2 ** bits);
        met = new Array<T | null>(2 ** bits).fill(null);
      }
      const length = to - from;
      let hash = length;
      for (let index = from; index < to; index++) hash = Math.imul(hash ^ line.charCodeAt(index), 0x01000193);
      const slot = Math.imul(hash, 0x9e3779b1) >>> (32 - bits);
      if (hashes[slot] === hash) {
        const last = met[slot]!;
        if (last !== null && last.raw.length === length && line.startsWith(last.raw, from)) return last;
      }
      const made = make(detached(line.slice(from, to)));
      if (made === null) return null;
      hashes[slot] = hash;
      met[slot] = made;
      return made;
    },
  };
}
