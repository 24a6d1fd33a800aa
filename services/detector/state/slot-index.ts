/**
 * Bounded index from 64-bit keyed hashes to slot numbers: sets of eight ways, so that a look-up touches one or two
 * cache lines and forgetting needs no list. It grows fourfold while it may; at its limit the least recently used way of a
 * full set makes room. The caller keeps its columns in arrays of `capacity` and moves them in `grown`.
 */
const ways = 8;

export interface SlotIndexState {
  readonly lo: Int32Array;
  readonly hi: Int32Array;
  readonly usedAt: Uint32Array;
}

export class SlotIndex {
  readonly #limit: number;
  #lo: Int32Array;
  #hi: Int32Array;
  /** Seconds; 0 = free. */
  #usedAt: Uint32Array;
  #setMask: number;
  entries = 0;
  evictions = 0;
  /** Set by `slot`: true when the key was not there before. */
  fresh = false;
  /** Set by `slot`: when the key was used before this call (seconds). */
  previousUse = 0;

  constructor(limit: number, state?: SlotIndexState) {
    this.#limit = Math.max(ways * 16, 2 ** Math.ceil(Math.log2(limit)));
    const size = state?.lo.length ?? Math.min(this.#limit, 1024);
    this.#lo = state?.lo ?? new Int32Array(size);
    this.#hi = state?.hi ?? new Int32Array(size);
    this.#usedAt = state?.usedAt ?? new Uint32Array(size);
    this.#setMask = size / ways - 1;
    for (const used of this.#usedAt) if (used !== 0) this.entries++;
  }

  get capacity(): number {
    return this.#lo.length;
  }

  get limit(): number {
    return this.#limit;
  }

  /** -1 when unknown. Does not count as use. */
  find(lo: number, hi: number): number {
    const start = ((hi ^ (lo >>> 3)) & this.#setMask) * ways;
    for (let at = start; at < start + ways; at++)
      if (this.#lo[at] === lo && this.#hi[at] === hi && this.#usedAt[at] !== 0) return at;
    return -1;
  }

  /**
   * Slot of the key, made if need be (`fresh` is then true and the caller resets its columns). `grown` is called
   * before the slot is chosen when the table grows, with old slot -> new slot.
   */
  slot(lo: number, hi: number, second: number, grown: (capacity: number, moved: Int32Array) => void): number {
    const found = this.find(lo, hi);
    if (found >= 0) {
      this.fresh = false;
      this.previousUse = this.#usedAt[found]!;
      if (this.#usedAt[found]! < second) this.#usedAt[found] = second;
      return found;
    }
    this.fresh = true;
    this.previousUse = second;
    for (;;) {
      const start = ((hi ^ (lo >>> 3)) & this.#setMask) * ways;
      let oldest = start;
      for (let at = start; at < start + ways; at++) {
        if (this.#usedAt[at] === 0) return this.#take(at, lo, hi, second);
        if (this.#usedAt[at]! < this.#usedAt[oldest]!) oldest = at;
      }
      if (this.capacity < this.#limit) {
        this.#grow(grown);
        continue;
      }
      this.entries--;
      this.evictions++;
      return this.#take(oldest, lo, hi, second);
    }
  }

  #take(at: number, lo: number, hi: number, second: number): number {
    this.#lo[at] = lo;
    this.#hi[at] = hi;
    this.#usedAt[at] = Math.max(1, second);
    this.entries++;
    return at;
  }

  #grow(grown: (capacity: number, moved: Int32Array) => void): void {
    const oldLo = this.#lo;
    const oldHi = this.#hi;
    const oldUsed = this.#usedAt;
    const size = Math.min(this.#limit, oldLo.length * 4);
    const moved = new Int32Array(oldLo.length).fill(-1);
    this.#lo = new Int32Array(size);
    this.#hi = new Int32Array(size);
    this.#usedAt = new Uint32Array(size);
    this.#setMask = size / ways - 1;
    this.entries = 0;
    for (let slot = 0; slot < oldLo.length; slot++) {
      if (oldUsed[slot] === 0) continue;
      const lo = oldLo[slot]!;
      const hi = oldHi[slot]!;
      // a set splits evenly in number, so every old entry finds a free way
      let at = ((hi ^ (lo >>> 3)) & this.#setMask) * ways;
      while (this.#usedAt[at] !== 0) at++;
      moved[slot] = this.#take(at, lo, hi, oldUsed[slot]!);
    }
    grown(size, moved);
  }

  snapshot(): SlotIndexState {
    return { lo: this.#lo, hi: this.#hi, usedAt: this.#usedAt };
  }
}
