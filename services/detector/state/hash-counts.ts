const entryWords = 3;
const fewest = 1024;

/**
 * Counts by 64-bit keyed hash, in an open-addressed table of 12 bytes a slot at a load of a half at most; a count of zero
 * is a free slot. Bounded by its caller.
 */
export class HashCounts {
  #words: Int32Array;
  size = 0;

  /** `entries`: what `snapshot` gave. */
  constructor(entries?: Int32Array) {
    const count = (entries?.length ?? 0) / entryWords;
    this.#words = new Int32Array(Math.max(fewest, 2 ** Math.ceil(Math.log2(count * 2 + 1))) * entryWords);
    for (let at = 0; at < count * entryWords; at += entryWords) {
      const slot = this.#find(entries![at]!, entries![at + 1]!);
      this.#words.set(entries!.subarray(at, at + entryWords), slot);
    }
    this.size = count;
  }

  /** The slot that the hash is looked for in first. */
  #first(lo: number, hi: number): number {
    return (lo ^ (hi >>> 7)) & (this.#words.length / entryWords - 1);
  }

  /** Where the hash stands, or the free slot where it would. */
  #find(lo: number, hi: number): number {
    const words = this.#words;
    const mask = words.length / entryWords - 1;
    for (let slot = this.#first(lo, hi); ; slot = (slot + 1) & mask) {
      const at = slot * entryWords;
      if (words[at + 2] === 0 || (words[at] === lo && words[at + 1] === hi)) return at;
    }
  }

  /** Looks at where the hash is looked for first: state/look-ahead.ts. */
  touch(lo: number, hi: number): number {
    return this.#words[this.#first(lo, hi) * entryWords]!;
  }

  /** Counts the hash once more; false when it is new and `limit` hashes are counted already. */
  add(lo: number, hi: number, limit: number): boolean {
    const at = this.#find(lo, hi);
    if (this.#words[at + 2] !== 0) {
      this.#words[at + 2]!++;
      return true;
    }
    if (this.size >= limit) return false;
    this.#words[at] = lo;
    this.#words[at + 1] = hi;
    this.#words[at + 2] = 1;
    this.size++;
    if (this.size * 2 * entryWords > this.#words.length) this.#grow();
    return true;
  }

  #grow(): void {
    const old = this.#words;
    this.#words = new Int32Array(old.length * 2);
    for (let at = 0; at < old.length; at += entryWords) {
      if (old[at + 2] === 0) continue;
      this.#words.set(old.subarray(at, at + entryWords), this.#find(old[at]!, old[at + 1]!));
    }
  }

  of(lo: number, hi: number): number {
    return this.#words[this.#find(lo, hi) + 2]!;
  }

  /** Empty again; keeps its memory. */
  clear(): void {
    if (this.size > 0) this.#words.fill(0);
    this.size = 0;
  }

  /** lo, hi and count of each hash. */
  snapshot(): Int32Array {
    const entries = new Int32Array(this.size * entryWords);
    let to = 0;
    for (let at = 0; at < this.#words.length; at += entryWords) {
      if (this.#words[at + 2] === 0) continue;
      for (let word = 0; word < entryWords; word++) entries[to++] = this.#words[at + word]!;
    }
    return entries;
  }
}
