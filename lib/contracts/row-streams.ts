import type { PackedRows } from './record-rows.ts';

/** Texts remembered at most: their numbers begin anew beyond that, and what repeats is sent once more. */
const rememberedTexts = 1 << 16;
/** A slot is looked at for this many texts; if fewer than one in eight was known, its next ones pass unremembered. */
const windowTexts = 1024;
const usefulShare = 1 / 8;
/** One in so many windows of such a slot is looked at again. */
const lookAgain = 16;
/** Room for the largest fixed part of a record or an item of a list. */
const roomWords = 256;

const noText = -1;
/** In place of a text's number. */
const passingText = -2;

/** The array, or twice as long a copy where it is shorter than that. */
function withRoom<A extends Int32Array | Float64Array | Uint8Array>(array: A, length: number): A {
  if (length <= array.length) return array;
  const more = new (array.constructor as new (length: number) => A)(Math.max(2 * array.length, length));
  more.set(array);
  return more;
}

/** Where generated code (compile-row.ts) writes records. Positions are public: it keeps them in variables. */
export class RowWriter {
  words = new Int32Array(1 << 16);
  word = 0;
  doubles = new Float64Array(1 << 12);
  double = 0;
  #bytes = new Uint8Array(1 << 16);
  #byte = 0;
  readonly #ids = new Map<string, number>();
  #texts: string[] = [];
  #passing: string[] = [];
  #forget = false;
  /** By slot: the text before and its number, and what was seen in the present window. */
  readonly #last: string[];
  readonly #lastId: Int32Array;
  readonly #seen: Int32Array;
  readonly #known: Int32Array;
  /** Windows to go by unremembered; 0: looked at. */
  readonly #passingFor: Int32Array;

  constructor(slots: number) {
    this.#last = new Array<string>(slots).fill('');
    this.#lastId = new Int32Array(slots).fill(noText);
    this.#seen = new Int32Array(slots);
    this.#known = new Int32Array(slots);
    this.#passingFor = new Int32Array(slots);
  }

  begin(type: number): void {
    this.roomForWords();
    this.words[this.word++] = type;
  }

  /** Makes room for one record or item of a list: what it has of fixed size. */
  roomForWords(): void {
    this.words = withRoom(this.words, this.word + roomWords);
    this.doubles = withRoom(this.doubles, this.double + roomWords);
  }

  copy(bytes: Uint8Array): void {
    const end = this.#byte + bytes.length;
    this.#bytes = withRoom(this.#bytes, end);
    this.#bytes.set(bytes, this.#byte);
    this.#byte = end;
  }

  /** The number of a text at a slot of the schema. */
  text(value: string, slot: number): number {
    if (this.#last[slot] === value && this.#lastId[slot]! >= 0) return this.#lastId[slot]!;
    const seen = ++this.#seen[slot]!;
    if (seen === windowTexts) this.#window(slot);
    if (this.#passingFor[slot]! > 0) {
      this.#passing.push(value);
      return passingText;
    }
    let id = this.#ids.get(value);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(value, id);
      this.#texts.push(value);
    } else this.#known[slot]!++;
    this.#last[slot] = value;
    this.#lastId[slot] = id;
    return id;
  }

  #window(slot: number): void {
    const passes = this.#passingFor[slot]!;
    if (passes > 0) this.#passingFor[slot] = passes - 1;
    else if (this.#known[slot]! < windowTexts * usefulShare) {
      this.#passingFor[slot] = lookAgain;
      this.#lastId[slot] = noText;
    }
    this.#seen[slot] = 0;
    this.#known[slot] = 0;
  }

  take(): Omit<PackedRows, 'count'> {
    const packed = {
      words: this.words.slice(0, this.word),
      doubles: this.doubles.slice(0, this.double),
      bytes: this.#bytes.slice(0, this.#byte),
      texts: this.#texts,
      passing: this.#passing,
      forget: this.#forget,
    };
    this.word = 0;
    this.double = 0;
    this.#byte = 0;
    this.#texts = [];
    this.#passing = [];
    this.#forget = this.#ids.size >= rememberedTexts;
    if (this.#forget) {
      this.#ids.clear();
      this.#lastId.fill(noText);
    }
    return packed;
  }
}

/** Where generated code reads records from. */
export class RowReader {
  words = new Int32Array(0);
  word = 0;
  doubles = new Float64Array(0);
  double = 0;
  texts: string[] = [];
  #bytes = Buffer.alloc(0);
  #byte = 0;
  #passing: readonly string[] = [];
  #passed = 0;

  open(rows: PackedRows): void {
    this.words = rows.words;
    this.word = 0;
    this.doubles = rows.doubles;
    this.double = 0;
    this.#bytes = Buffer.from(rows.bytes.buffer, rows.bytes.byteOffset, rows.bytes.byteLength);
    this.#byte = 0;
    if (rows.forget) this.texts = [];
    for (const text of rows.texts) this.texts.push(text);
    this.#passing = rows.passing;
    this.#passed = 0;
  }

  passing(): string {
    return this.#passing[this.#passed++]!;
  }

  cut(length: number): Buffer {
    const from = this.#byte;
    this.#byte += length;
    return this.#bytes.subarray(from, this.#byte);
  }
}
