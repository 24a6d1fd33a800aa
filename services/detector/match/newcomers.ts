/** Addresses of one request, in order of arrival; the oldest makes room. */
export interface Newcomer {
  /** Halves of the hash of the address. */
  readonly lo: number;
  readonly hi: number;
  /** ms */
  readonly firstSeenAt: number;
  /** In requests.enriched. */
  readonly firstOffset: number;
}

const fewest = 256;
const none = -1;

/**
 * Who was selected once: an attack of an address a request brings hundreds of thousands of them, so each is four numbers in
 * typed arrays and nothing that a garbage collector looks at. A ring, with chains from a hash to its place in it.
 */
export class Newcomers {
  readonly #limit: number;
  #lo = new Int32Array(fewest);
  #hi = new Int32Array(fewest);
  #at = new Float64Array(fewest);
  #offset = new Float64Array(fewest);
  /** Place of the next one in the same chain. */
  #next = new Int32Array(fewest);
  /** 1: somebody stands there. */
  #taken = new Uint8Array(fewest);
  #heads = new Int32Array(fewest).fill(none);
  /** Where the next one goes. */
  #end = 0;
  /** Those that made room for others. */
  evictions = 0;

  constructor(limit: number, state: readonly Newcomer[] = []) {
    this.#limit = limit;
    for (const { lo, hi, firstSeenAt, firstOffset } of state) this.add(lo, hi, firstSeenAt, firstOffset);
  }

  #chain(lo: number, hi: number): number {
    return (lo ^ (hi >>> 7)) & (this.#heads.length - 1);
  }

  add(lo: number, hi: number, firstSeenAt: number, firstOffset: number): void {
    if (this.#end === this.#lo.length && this.#end < this.#limit) this.#grow();
    if (this.#end >= this.#limit) this.#end = 0;
    const place = this.#end++;
    if (this.#taken[place] !== 0) {
      this.#drop(place);
      this.evictions++;
    }
    this.#lo[place] = lo;
    this.#hi[place] = hi;
    this.#at[place] = firstSeenAt;
    this.#offset[place] = firstOffset;
    this.#taken[place] = 1;
    this.#link(place);
  }

  #link(place: number): void {
    const chain = this.#chain(this.#lo[place]!, this.#hi[place]!);
    this.#next[place] = this.#heads[chain]!;
    this.#heads[chain] = place;
  }

  /** Takes the one with this hash out; null: it is not there. */
  take(lo: number, hi: number): Newcomer | null {
    let place = this.#heads[this.#chain(lo, hi)]!;
    while (place !== none && (this.#lo[place] !== lo || this.#hi[place] !== hi)) place = this.#next[place]!;
    if (place === none) return null;
    this.#drop(place);
    return this.#read(place);
  }

  #read(place: number): Newcomer {
    return {
      lo: this.#lo[place]!,
      hi: this.#hi[place]!,
      firstSeenAt: this.#at[place]!,
      firstOffset: this.#offset[place]!,
    };
  }

  #drop(place: number): void {
    const chain = this.#chain(this.#lo[place]!, this.#hi[place]!);
    this.#taken[place] = 0;
    if (this.#heads[chain] === place) {
      this.#heads[chain] = this.#next[place]!;
      return;
    }
    let before = this.#heads[chain]!;
    while (this.#next[before] !== place) before = this.#next[before]!;
    this.#next[before] = this.#next[place]!;
  }

  #grow(): void {
    const size = this.#lo.length * 2;
    const larger = <T extends Int32Array | Float64Array | Uint8Array>(old: T, into: T): T => {
      into.set(old);
      return into;
    };
    this.#lo = larger(this.#lo, new Int32Array(size));
    this.#hi = larger(this.#hi, new Int32Array(size));
    this.#at = larger(this.#at, new Float64Array(size));
    this.#offset = larger(this.#offset, new Float64Array(size));
    this.#taken = larger(this.#taken, new Uint8Array(size));
    this.#next = new Int32Array(size);
    this.#heads = new Int32Array(size).fill(none);
    for (let place = 0; place < this.#end; place++) if (this.#taken[place] !== 0) this.#link(place);
  }

  /** In order of arrival. */
  snapshot(): readonly Newcomer[] {
    const all: Newcomer[] = [];
    const size = Math.min(this.#lo.length, this.#limit);
    for (let step = 0; step < size; step++) {
      const place = (this.#end + step) % size;
      if (this.#taken[place] !== 0) all.push(this.#read(place));
    }
    return all;
  }
}
