import { internedText } from '../../../lib/contracts/interned-text.ts';
import type { Sample } from '../pane-group.ts';

/**
 * The samples of a frame as bytes. A request is sampled in several groups (its site, its endpoint, a pair), and its
 * texts are those of many others: both stand there once, and are referred to by number.
 *
 * - texts: how many; each as Avro writes a string
 * - samples: how many, and attributes of each; then of each the order and the client (7 bytes each), flags, event id (as
 *   a text), and its attributes: 0 for null, else the number of the text and 1
 * - lists, one per group: how many, and the number of each sample
 *
 * Numbers are unsigned LEB128. The layout is part of `aggregateLayoutHash`.
 */

/** Bytes that grow as they are written to. */
class Bytes {
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

  /** @param value a whole number from 0 to 2^32 - 1 */
  number(value: number): void {
    const bytes = this.#room(5);
    let rest = value;
    while (rest > 127) {
      bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[this.length++] = rest;
  }

  text(text: string): void {
    const size = Buffer.byteLength(text);
    // the length as Avro has it: a signed number, zigzag
    this.number(2 * size);
    this.length += this.#room(size).write(text, this.length, 'utf8');
  }

  /** @param key a whole number from 0 to 2^53 - 1 */
  key(key: number): void {
    const bytes = this.#room(7);
    bytes.writeUInt32LE(key % 2 ** 32, this.length);
    bytes.writeUIntLE(Math.floor(key / 2 ** 32), this.length + 4, 3);
    this.length += 7;
  }

  written(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }
}

/** Packs the samples of groups, one list after the other. */
export class SamplePacker {
  readonly #texts = new Map<string, number>();
  readonly #samples = new Map<Sample, number>();
  readonly #textBytes = new Bytes();
  readonly #sampleBytes = new Bytes();
  readonly #listBytes = new Bytes();
  #attributes = 0;

  /** Adds the list of one group. All samples have the same number of attributes. */
  add(samples: readonly Sample[]): void {
    this.#listBytes.number(samples.length);
    for (const sample of samples) {
      let index = this.#samples.get(sample);
      if (index === undefined) {
        index = this.#samples.size;
        this.#samples.set(sample, index);
        this.#sample(sample);
      }
      this.#listBytes.number(index);
    }
  }

  #sample({ order, client, flags, event_id, attributes }: Sample): void {
    const bytes = this.#sampleBytes;
    this.#attributes = attributes.length;
    bytes.key(order);
    bytes.key(client);
    bytes.number(flags >>> 0);
    bytes.text(event_id);
    for (const text of attributes) bytes.number(text === null ? 0 : 1 + this.#text(text));
  }

  #text(text: string): number {
    let index = this.#texts.get(text);
    if (index === undefined) {
      index = this.#texts.size;
      this.#texts.set(text, index);
      this.#textBytes.text(text);
    }
    return index;
  }

  /** Bytes so far, but for a few. */
  get size(): number {
    return this.#textBytes.length + this.#sampleBytes.length + this.#listBytes.length;
  }

  /** Everything that was added; empty when that was no sample. */
  packed(): Buffer {
    if (this.#samples.size === 0) return Buffer.alloc(0);
    const [texts, samples] = [new Bytes(), new Bytes()];
    texts.number(this.#texts.size);
    samples.number(this.#samples.size);
    samples.number(this.#attributes);
    return Buffer.concat([
      texts.written(),
      this.#textBytes.written(),
      samples.written(),
      this.#sampleBytes.written(),
      this.#listBytes.written(),
    ]);
  }
}

/** Where the next number is read. */
let at = 0;

/** Beyond the end it answers no number, or a wrong one: that the end was met is checked last. */
function numberIn(bytes: Buffer): number {
  let value = bytes[at++]!;
  if (!(value > 127)) return value;
  value &= 127;
  for (let scale = 128; ; scale *= 128) {
    const byte = bytes[at++]!;
    value += (byte & 127) * scale;
    if (!(byte > 127)) return value;
  }
}

/** A text that many frames have. */
function textIn(bytes: Buffer): string {
  const place = at;
  const size = countIn(bytes) / 2;
  at += size;
  if (!(at <= bytes.length)) throw damaged();
  return internedText(bytes, place);
}

/** A text that no other sample has. */
function idIn(bytes: Buffer): string {
  const size = countIn(bytes) / 2;
  at += size;
  return bytes.toString('utf8', at - size, at);
}

/** NaN beyond the end. */
function keyIn(bytes: Buffer): number {
  const low = bytes[at]! + bytes[at + 1]! * 2 ** 8 + bytes[at + 2]! * 2 ** 16 + bytes[at + 3]! * 2 ** 24;
  const high = bytes[at + 4]! + bytes[at + 5]! * 2 ** 8 + bytes[at + 6]! * 2 ** 16;
  at += 7;
  return low + high * 2 ** 32;
}

/**
 * The lists of samples of `groups` groups, which `SamplePacker` wrote. A sample that stands in several is one object.
 * Throws when the bytes are damaged.
 */
export function unpackSamples(bytes: Buffer, groups: number): Sample[][] {
  if (bytes.length === 0) return Array.from({ length: groups }, () => []);
  at = 0;
  const texts: string[] = [];
  for (let left = countIn(bytes); left > 0; left--) texts.push(textIn(bytes));
  const samples: Sample[] = [];
  let left = countIn(bytes);
  const width = countIn(bytes);
  for (; left > 0; left--) {
    const order = keyIn(bytes);
    const client = keyIn(bytes);
    const flags = numberIn(bytes) | 0;
    const eventId = idIn(bytes);
    const attributes = new Array<string | null>(width);
    for (let index = 0; index < width; index++) {
      const text = numberIn(bytes);
      attributes[index] = text === 0 ? null : texts[text - 1]!;
    }
    samples.push({ order, event_id: eventId, client, flags, attributes });
  }
  const lists: Sample[][] = [];
  for (let group = 0; group < groups; group++) {
    const list: Sample[] = [];
    for (let left = countIn(bytes); left > 0; left--) list.push(samples[numberIn(bytes)]!);
    lists.push(list);
  }
  if (at !== bytes.length) throw damaged();
  return lists;
}

/** A number of things of at least a byte each; the zigzag length of a text counts twice. */
function countIn(bytes: Buffer): number {
  const count = numberIn(bytes);
  if (!(count <= 2 * bytes.length)) throw damaged();
  return count;
}

const damaged = (): Error => new Error('the samples of a pane frame are damaged');
