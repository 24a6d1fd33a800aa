/** Open-addressed set of 64-bit hashes (all zero is not storable and reads as absent). */
class HashSet {
  #lo: Int32Array;
  #hi: Int32Array;
  size = 0;

  constructor(slots: number) {
    this.#lo = new Int32Array(slots);
    this.#hi = new Int32Array(slots);
  }

  get capacity(): number {
    return this.#lo.length;
  }

  /** True when it was there already. */
  has(lo: number, hi: number): boolean {
    const mask = this.#lo.length - 1;
    for (let at = (lo ^ (hi >>> 7)) & mask; ; at = (at + 1) & mask) {
      if (this.#lo[at] === lo && this.#hi[at] === hi) return true;
      if (this.#lo[at] === 0 && this.#hi[at] === 0) return false;
    }
  }

  add(lo: number, hi: number): void {
    if (this.size * 2 >= this.#lo.length) this.#grow();
    const mask = this.#lo.length - 1;
    let at = (lo ^ (hi >>> 7)) & mask;
    while (this.#lo[at] !== 0 || this.#hi[at] !== 0) {
      if (this.#lo[at] === lo && this.#hi[at] === hi) return;
      at = (at + 1) & mask;
    }
    this.#lo[at] = lo;
    this.#hi[at] = hi;
    this.size++;
  }

  #grow(): void {
    const oldLo = this.#lo;
    const oldHi = this.#hi;
    this.#lo = new Int32Array(oldLo.length * 2);
    this.#hi = new Int32Array(oldLo.length * 2);
    this.size = 0;
    for (let at = 0; at < oldLo.length; at++)
      if (oldLo[at] !== 0 || oldHi[at] !== 0) this.add(oldLo[at]!, oldHi[at]!);
  }

  /** Low and high half of each hash. */
  pack(): Int32Array {
    const values = new Int32Array(this.size * 2);
    let to = 0;
    for (let at = 0; at < this.#lo.length; at++) {
      if (this.#lo[at] === 0 && this.#hi[at] === 0) continue;
      values[to++] = this.#lo[at]!;
      values[to++] = this.#hi[at]!;
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
    if (this.#current.has(low, high)) return true;
    const repeat = this.#previous.has(low, high);
    this.#current.add(low, high);
    return repeat;
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
