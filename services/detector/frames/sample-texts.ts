import { afterInteger, integerAt } from '../../../lib/contracts/zigzag.ts';
import { bytesHash } from '../../../lib/hash/bytes-hash.ts';
import type { GrowingBytes } from './growing-bytes.ts';
import { textBytes } from './text-bytes.ts';

/** Where the number of a text was found last, by its bytes. */
const memoSlots = 1 << 13;
const blank = 0x20;

/**
 * Texts of samples as numbers from 1 on; 0 stands for null. Most texts of most requests are those of others: told by their
 * bytes in a record they are found again without making a text of them, and a frame writes the bytes that stand here. It
 * only grows: whoever fills it takes another one in time.
 */
export class SampleTexts {
  readonly #texts: string[] = [''];
  readonly #numbers = new Map<string, number>();
  readonly #integers = new Map<number, number>();
  /** UTF-8 of the texts, one after the other. */
  #bytes = Buffer.allocUnsafe(1 << 16);
  /** Where each ends. */
  #ends: Uint32Array = new Uint32Array(1 << 11);
  /** What each takes in a frame at most. */
  #most: Uint32Array = new Uint32Array(1 << 11);
  readonly #memo = new Uint32Array(memoSlots);
  readonly #yes = this.numberOf('yes');
  readonly #no = this.numberOf('no');

  get size(): number {
    return this.#numbers.size;
  }

  yesNo(yes: boolean): number {
    return yes ? this.#yes : this.#no;
  }

  numberOfInteger(value: number): number {
    let number = this.#integers.get(value);
    if (number === undefined) {
      number = this.numberOf(String(value));
      this.#integers.set(value, number);
    }
    return number;
  }

  numberOf(text: string): number {
    return this.#numbers.get(text) ?? this.#add(text);
  }

  #add(text: string): number {
    const number = this.#texts.length;
    if (number === this.#ends.length) {
      this.#ends = larger(this.#ends);
      this.#most = larger(this.#most);
    }
    const size = Buffer.byteLength(text);
    const start = this.#ends[number - 1]!;
    if (start + size > this.#bytes.length) {
      const more = Buffer.allocUnsafe(2 * (start + size));
      this.#bytes.copy(more, 0, 0, start);
      this.#bytes = more;
    }
    this.#bytes.write(text, start, 'utf8');
    this.#ends[number] = start + size;
    this.#most[number] = textBytes(text);
    this.#texts.push(text);
    this.#numbers.set(text, number);
    return number;
  }

  /**
   * The number of the text whose length (Avro zigzag) and bytes stand at `place`. `shown`: what stands for it, for those that
   * are not known by their bytes.
   */
  numberAt(bytes: Buffer, place: number, shown: (text: string) => string): number {
    return this.#numberOfBytes(bytes, afterInteger(bytes, place), integerAt(bytes, place), shown);
  }

  /** The same of what stands there up to the first blank; 0: nothing does. */
  numberOfWordAt(bytes: Buffer, place: number, shown: (text: string) => string): number {
    const at = afterInteger(bytes, place);
    const length = integerAt(bytes, place);
    let size = 0;
    while (size < length && bytes[at + size] !== blank) size++;
    return size === 0 ? 0 : this.#numberOfBytes(bytes, at, size, shown);
  }

  #numberOfBytes(bytes: Buffer, at: number, length: number, shown: (text: string) => string): number {
    const slot = bytesHash(bytes, at, length) & (memoSlots - 1);
    const last = this.#memo[slot]!;
    // never of what another text stands for: that is not the text of the bytes
    if (last !== 0 && this.#stands(last, bytes, at, length)) return last;
    const text = bytes.toString('utf8', at, at + length);
    const said = shown(text);
    const number = this.numberOf(said);
    if (said === text) this.#memo[slot] = number;
    return number;
  }

  #stands(number: number, bytes: Uint8Array, at: number, length: number): boolean {
    const start = this.#ends[number - 1]!;
    if (this.#ends[number]! - start !== length) return false;
    const own = this.#bytes;
    for (let index = 0; index < length; index++) if (own[start + index] !== bytes[at + index]) return false;
    return true;
  }

  /** null: of 0. */
  text(number: number): string | null {
    return number === 0 ? null : this.#texts[number]!;
  }

  /** What the text takes in a frame at most; 1 for null. */
  most(number: number): number {
    return number === 0 ? 1 : this.#most[number]!;
  }

  /** Writes the text as Avro does. */
  write(number: number, into: GrowingBytes): void {
    into.text(this.#bytes, this.#ends[number - 1]!, this.#ends[number]!);
  }
}

function larger(numbers: Uint32Array): Uint32Array {
  const more = new Uint32Array(2 * numbers.length);
  more.set(numbers);
  return more;
}
