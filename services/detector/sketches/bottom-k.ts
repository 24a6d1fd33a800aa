/**
 * The k entries with the smallest keyed hashes: a uniform sample that comes out the same however the stream was cut.
 * Kept lazily: up to 2k candidates, cut back to k by sorting, so that an event that can't get in costs one comparison.
 */
export class BottomK<T> {
  readonly #k: number;
  #items: T[] = [];
  #hi: number[] = [];
  #lo: number[] = [];
  #bound = Infinity;

  constructor(k: number) {
    this.#k = k;
  }

  /** True when an entry with this order could be kept: lets the caller skip building it. */
  wants(hi: number): boolean {
    return hi >>> 0 <= this.#bound;
  }

  add(hi: number, lo: number, item: T): void {
    if (hi >>> 0 > this.#bound) return;
    this.#hi.push(hi >>> 0);
    this.#lo.push(lo >>> 0);
    this.#items.push(item);
    if (this.#items.length >= 2 * this.#k) this.#cut();
  }

  /** Empty again. */
  clear(): void {
    this.#items = [];
    this.#hi = [];
    this.#lo = [];
    this.#bound = Infinity;
  }

  #cut(): void {
    const order = this.#order();
    const kept = order.slice(0, this.#k);
    const his = this.#hi;
    const los = this.#lo;
    const items = this.#items;
    this.#hi = kept.map((index) => his[index]!);
    this.#lo = kept.map((index) => los[index]!);
    this.#items = kept.map((index) => items[index]!);
    if (kept.length === this.#k) this.#bound = this.#hi[this.#k - 1]!;
  }

  #order(): number[] {
    const his = this.#hi;
    const los = this.#lo;
    return his.map((_, index) => index).sort((a, b) => his[a]! - his[b]! || los[a]! - los[b]!);
  }

  /** At most k entries in order of hash. */
  entries(): { readonly hi: number; readonly lo: number; readonly item: T }[] {
    if (this.#items.length > this.#k) this.#cut();
    return this.#order().map((index) => ({
      hi: this.#hi[index]!,
      lo: this.#lo[index]!,
      item: this.#items[index]!,
    }));
  }
}
