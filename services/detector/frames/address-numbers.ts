const entryWords = 5;
const fewest = 512;

/** Numbers given to addresses of four words: an open-addressed table at a load of a half at most. */
export class AddressNumbers {
  /** Of each slot the address, and its number; 0: the slot is free. */
  #words = new Int32Array(fewest * entryWords);
  #mask = fewest - 1;
  #size = 0;

  /** Where the address stands, or the free slot where it would. */
  #find(ip: Int32Array, at: number): number {
    const words = this.#words;
    const a = ip[at]!;
    const b = ip[at + 1]!;
    const c = ip[at + 2]!;
    const d = ip[at + 3]!;
    let hash = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0x9e3779b1) ^ Math.imul(c, 0xc2b2ae35) ^ d;
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    for (let slot = (hash ^ (hash >>> 13)) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = slot * entryWords;
      if (words[entry + 4] === 0) return entry;
      if (words[entry] === a && words[entry + 1] === b && words[entry + 2] === c && words[entry + 3] === d)
        return entry;
    }
  }

  /** The number of the address; if it has none it gets `next`, above 0. */
  numberOf(ip: Int32Array, at: number, next: number): number {
    const entry = this.#find(ip, at);
    const number = this.#words[entry + 4]!;
    if (number !== 0) return number;
    this.#put(entry, ip, at, next);
    if (++this.#size * 2 > this.#mask) this.#grow();
    return next;
  }

  #put(entry: number, ip: Int32Array, at: number, number: number): void {
    for (let word = 0; word < 4; word++) this.#words[entry + word] = ip[at + word]!;
    this.#words[entry + 4] = number;
  }

  #grow(): void {
    const old = this.#words;
    this.#words = new Int32Array(4 * old.length);
    this.#mask = (this.#mask << 2) | 3;
    for (let entry = 0; entry < old.length; entry += entryWords)
      if (old[entry + 4] !== 0) this.#put(this.#find(old, entry), old, entry, old[entry + 4]!);
  }
}
