/** Open-addressed set of 64-bit hashes (all zero is not storable and reads as absent): low and high half side by side. */
class HashSet {
  #words: Int32Array;
  size = 0;

  constructor(slots: number) {
    this.#words = new Int32Array(slots * 2);
  }

  get capacity(): number {
    return this.#words.length / 2;
  }

  /** Where the hash is looked for first. */
  #first(lo: number, hi: number): number {
    return ((lo ^ (hi >>> 7)) << 1) & (this.#words.length - 2);
  }

  /** Looks at it: state/look-ahead.ts. */
  touch(lo: number, hi: number): number {
    return this.#words[this.#first(lo, hi)]!;
  }

  /** Where the hash stands, or the free place where it would. */
  #find(lo: number, hi: number): number {
    const words = this.#words;
    const mask = words.length - 2;
    for (let at = this.#first(lo, hi); ; at = (at + 2) & mask)
      if ((words[at] === lo && words[at + 1] === hi) || (words[at] === 0 && words[at + 1] === 0)) return at;
  }

  has(lo: number, hi: number): boolean {
    const at = this.#find(lo, hi);
    return this.#words[at] !== 0 || this.#words[at + 1] !== 0;
  }

  /** True when it was there already. */
  add(lo: number, hi: number): boolean {
    if (this.size * 4 >= this.#words.length) this.#grow();
    const at = this.#find(lo, hi);
    const words = this.#words;
    if (words[at] !== 0 || words[at + 1] !== 0) return true;
    words[at] = lo;
    words[at + 1] = hi;
    if (lo !== 0 || hi !== 0) this.size++;
    return false;
  }

  #grow(): void {
    const old = this.#words;
    this.#words = new Int32Array(old.length * 2);
    this.size = 0;
    for (let at = 0; at < old.length; at += 2)
      if (old[at] !== 0 || old[at + 1] !== 0) this.add(old[at]!, old[at + 1]!);
  }

  /** Low and high half of each hash. */
  pack(): Int32Array {
    const values = new Int32Array(this.size * 2);
    let to = 0;
    for (let at = 0; at < this.#words.length; at += 2) {
      if (this.#words[at] === 0 && this.#words[at + 1] === 0) continue;
      values[to++] = this.#words[at]!;
      values[to++] = this.#words[at + 1]!;
    }
    return values;
  }
}

export interface RecentIdsState {
  readonly current: Int32Array;
  readonly previous: Int32Array;
  readonly rotatedAt: number;
}

function unpack(values: Int32Array): HashSet {
  const set = new HashSet(2 ** Math.ceil(Math.log2(Math.max(512, values.length)) + 1));
  for (let at = 0; at < values.length; at += 2) set.add(values[at]!, values[at + 1]!);
  return set;
}

/**
 * Ids seen within the last `withinMs` of event time (and up to twice that): two sets that rotate. At `limit` ids it
 * rotates early: a duplicate may then slip through, memory does not grow.
 */
export class RecentIds {
  readonly #withinMs: number;
  readonly #limit: number;
  #current: HashSet;
  #previous: HashSet;
  #rotatedAt: number;
  evictions = 0;

  constructor(withinMs: number, limit: number, state?: RecentIdsState) {
    this.#withinMs = withinMs;
    this.#limit = limit;
    this.#current = state === undefined ? new HashSet(1024) : unpack(state.current);
    this.#previous = state === undefined ? new HashSet(16) : unpack(state.previous);
    this.#rotatedAt = state?.rotatedAt ?? -Infinity;
  }

  /** Remembers the id; true when it is a repeat. */
  seen(lo: number, hi: number, now: number): boolean {
    const low = lo | 0;
    const high = hi | 0;
    const full = this.#current.size * 2 >= this.#limit;
    if (now - this.#rotatedAt >= this.#withinMs || full) {
      if (full) this.evictions += this.#previous.size;
      this.#previous = now - this.#rotatedAt >= 2 * this.#withinMs ? new HashSet(16) : this.#current;
      // about as many will come as came before
      this.#current = new HashSet(this.#previous.capacity);
      this.#rotatedAt = now;
    }
    return this.#current.add(low, high) || this.#previous.has(low, high);
  }

  /** Looks at where the id is looked for, without remembering it: state/look-ahead.ts. */
  touch(lo: number, hi: number): number {
    const low = lo | 0;
    const high = hi | 0;
    return this.#current.touch(low, high) ^ this.#previous.touch(low, high);
  }

  get size(): number {
    return this.#current.size + this.#previous.size;
  }

  snapshot(): RecentIdsState {
    return {
      current: this.#current.pack(),
      previous: this.#previous.pack(),
      rotatedAt: this.#rotatedAt,
    };
  }
}
