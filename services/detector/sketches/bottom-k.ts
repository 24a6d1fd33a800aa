/**
 * The k items with the smallest keys, which are hashes: a uniform sample that comes out the same however the stream was
 * cut. A heap with the largest of them on top, so that an event that can't get in costs one comparison, and one that
 * gets in allocates nothing.
 */
export class BottomK<T> {
  readonly #k: number;
  /** Heap: entry n is not smaller than 2n + 1 and 2n + 2. */
  readonly #keys: Float64Array;
  readonly #items: T[] = [];

  constructor(k: number) {
    this.#k = k;
    this.#keys = new Float64Array(k);
  }

  /** True when an item with this key would be kept: lets the caller skip building it. */
  wants(key: number): boolean {
    const size = this.#items.length;
    return size < this.#k || (size > 0 && key < this.#keys[0]!);
  }

  /** @param key a whole number from 0 to 2^53 - 1 */
  add(key: number, item: T): void {
    const size = this.#items.length;
    if (size < this.#k) {
      this.#items.push(item);
      this.#rise(size, key, item);
    } else if (size > 0 && key < this.#keys[0]!) this.#sink(0, size, key, item);
  }

  #put(at: number, key: number, item: T): void {
    this.#keys[at] = key;
    this.#items[at] = item;
  }

  /** Up from the free place `from`. */
  #rise(from: number, key: number, item: T): void {
    const keys = this.#keys;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (key <= keys[parent]!) break;
      this.#put(at, keys[parent]!, this.#items[parent]!);
      at = parent;
    }
    this.#put(at, key, item);
  }

  /** In place of the entry at `from`, among the first `size`. */
  #sink(from: number, size: number, key: number, item: T): void {
    const keys = this.#keys;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && keys[child + 1]! > keys[child]!) child++;
      if (key >= keys[child]!) break;
      this.#put(at, keys[child]!, this.#items[child]!);
      at = child;
    }
    this.#put(at, key, item);
  }

  /** Empty again. */
  clear(): void {
    this.#items.length = 0;
  }

  /** In order of their keys. */
  items(): T[] {
    const items = this.#items;
    const keys = this.#keys;
    // sorted where they are: the largest goes last, again and again
    for (let size = items.length - 1; size > 0; size--) {
      const [key, item] = [keys[size]!, items[size]!];
      this.#put(size, keys[0]!, items[0]!);
      this.#sink(0, size, key, item);
    }
    const inOrder = items.slice();
    // the largest first is a heap again
    items.reverse();
    keys.subarray(0, items.length).reverse();
    return inOrder;
  }
}
