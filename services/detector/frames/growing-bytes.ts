/** Bytes that grow as they are written to. */
export class GrowingBytes {
  #bytes = Buffer.allocUnsafe(1024);
  length = 0;

  /** Where `size` bytes may be written from `length` on. */
  #room(size: number): Buffer {
    if (this.length + size > this.#bytes.length) {
      const more = Buffer.allocUnsafe(2 * (this.length + size));
      this.#bytes.copy(more, 0, 0, this.length);
      this.#bytes = more;
    }
    return this.#bytes;
  }

  /** Unsigned LEB128. @param value a whole number from 0 to 2^32 - 1 */
  number(value: number): void {
    const bytes = this.#room(5);
    let at = this.length;
    let rest = value;
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.length = at;
  }

  /** A text of which the UTF-8 stands in `from`, as Avro writes it: its length is a signed number, zigzag. */
  text(from: Uint8Array, start: number, end: number): void {
    this.number(2 * (end - start));
    const bytes = this.#room(end - start);
    let at = this.length;
    // most are short: a call of copy takes longer
    for (let index = start; index < end; index++) bytes[at++] = from[index]!;
    this.length = at;
  }

  /** @param key a whole number from 0 to 2^53 - 1 */
  key(key: number): void {
    const bytes = this.#room(7);
    const at = this.length;
    const low = key % 2 ** 32;
    const high = Math.floor(key / 2 ** 32);
    bytes[at] = low;
    bytes[at + 1] = low >>> 8;
    bytes[at + 2] = low >>> 16;
    bytes[at + 3] = low >>> 24;
    bytes[at + 4] = high;
    bytes[at + 5] = high >>> 8;
    bytes[at + 6] = high >>> 16;
    this.length = at + 7;
  }

  written(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }
}
