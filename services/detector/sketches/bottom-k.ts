/**
 * The k entries with the smallest keyed hashes: a uniform sample that comes out the same however the stream was cut. A
 * heap with the largest of them on top, so that an event that can't get in costs one comparison, and one that gets in
 * allocates nothing.
 */
export class BottomK<T> {
  readonly #k: number;
  /** Heap: entry n is not smaller than 2n + 1 and 2n + 2. */
  readonly #hi: Uint32Array;
  readonly #lo: Uint32Array;
  readonly #items: T[] = [];

  constructor(k: number) {
    this.#k = k;
    this.#hi = new Uint32Array(k);
    this.#lo = new Uint32Array(k);
  }

  /** True when an entry with this order could be kept: lets the caller skip building it. */
  wants(hi: number): boolean {
    return this.#items.length < this.#k || hi >>> 0 <= this.#hi[0]!;
  }

  add(hi: number, lo: number, item: T): void {
    const [high, low] = [hi >>> 0, lo >>> 0];
    const size = this.#items.length;
    if (size < this.#k) {
      this.#items.push(item);
      this.#rise(size, high, low, item);
    } else if (size > 0 && this.#isSmaller(high, low, 0)) this.#sink(high, low, item);
  }

  #isSmaller(hi: number, lo: number, than: number): boolean {
    const other = this.#hi[than]!;
    return hi < other || (hi === other && lo < this.#lo[than]!);
  }

  #move(from: number, to: number): void {
    this.#hi[to] = this.#hi[from]!;
    this.#lo[to] = this.#lo[from]!;
    this.#items[to] = this.#items[from]!;
  }

  #put(at: number, hi: number, lo: number, item: T): void {
    this.#hi[at] = hi;
    this.#lo[at] = lo;
    this.#items[at] = item;
  }

  /** Up from the free place `from`. */
  #rise(from: number, hi: number, lo: number, item: T): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isLarger(hi, lo, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, hi, lo, item);
  }

  #isLarger(hi: number, lo: number, than: number): boolean {
    const other = this.#hi[than]!;
    return hi > other || (hi === other && lo > this.#lo[than]!);
  }

  /** In place of the largest. */
  #sink(hi: number, lo: number, item: T): void {
    const size = this.#items.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isLarger(this.#hi[child + 1]!, this.#lo[child + 1]!, child)) child++;
      if (!this.#isSmaller(hi, lo, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, hi, lo, item);
  }

  /** Empty again. */
  clear(): void {
    this.#items.length = 0;
  }

  /** At most k entries in order of hash. */
  entries(): { readonly hi: number; readonly lo: number; readonly item: T }[] {
    const entries = this.#items.map((item, index) => ({ hi: this.#hi[index]!, lo: this.#lo[index]!, item }));
    return entries.sort((a, b) => a.hi - b.hi || a.lo - b.lo);
  }
}
