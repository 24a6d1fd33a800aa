import { internedText } from '../../../lib/contracts/interned-text.ts';
import type { Sample } from '../pane-group.ts';
import { AddressNumbers } from './address-numbers.ts';
import { isMapped, mostAddressBytes, writeAddress } from './address-text.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { type FrameSample, networkNumber, plainSample, RowBlock, rowOf, SampleRow } from './sample-row.ts';
import { SampleTexts } from './sample-texts.ts';

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

const addressText = Buffer.alloc(mostAddressBytes);
const network = new RowBlock(4);

/** The network of an address (IPv4 /24, IPv6 /48): good until the next call. */
function networkOf({ bytes }: RowBlock, start: number): RowBlock {
  network.bytes.fill(0);
  const kept = isMapped(bytes, start) ? 15 : 6;
  for (let byte = 0; byte < kept; byte++) network.bytes[byte] = bytes[start + byte]!;
  return network;
}

/** Packs the samples of groups, one list after the other. */
export class SamplePacker {
  /** Of the rows; null: there is none yet. */
  #texts: SampleTexts | null = null;
  /** By number in `#texts`: the number of the text in the frame, and 1. */
  #named = new Uint32Array(0);
  readonly #addresses = new AddressNumbers();
  readonly #networks = new AddressNumbers();
  #textCount = 0;
  #sampleCount = 0;
  /** Samples that came with their texts, or with the numbers of other ones. */
  readonly #rows = new Map<FrameSample, SampleRow>();
  readonly #textBytes = new GrowingBytes();
  readonly #sampleBytes = new GrowingBytes();
  readonly #listBytes = new GrowingBytes();
  #attributes = 0;

  /** Adds the list of one group. All samples have the same number of attributes. */
  add(samples: readonly FrameSample[]): void {
    this.#listBytes.number(samples.length);
    for (const sample of samples) {
      const row = sample instanceof SampleRow && sample.texts === this.#texts ? sample : this.#rowOf(sample);
      if (row.packedBy !== this) {
        row.packedBy = this;
        row.packedAs = this.#sampleCount++;
        this.#sample(row);
      }
      this.#listBytes.number(row.packedAs);
    }
  }

  #rowOf(sample: FrameSample): SampleRow {
    if (this.#texts === null) {
      this.#texts = sample instanceof SampleRow ? sample.texts : new SampleTexts();
      if (sample instanceof SampleRow) return sample;
    }
    let row = this.#rows.get(sample);
    if (row === undefined) {
      row = rowOf(plainSample(sample), this.#texts);
      this.#rows.set(sample, row);
    }
    return row;
  }

  #sample(row: SampleRow): void {
    const { order, client, flags, block, at: first, width, idStart } = row;
    const bytes = this.#sampleBytes;
    const { words } = block;
    this.#attributes = width;
    bytes.key(order);
    bytes.key(client);
    bytes.number(flags >>> 0);
    bytes.text(block.bytes, idStart, idStart + row.idBytes);
    for (let index = first; index < first + width; index++) {
      const number = words[index]!;
      if (number < 0) bytes.number(this.#address(row, number === networkNumber));
      else bytes.number(number === 0 ? 0 : this.#text(number));
    }
  }

  /** The number of a text of an address in the frame, and 1. */
  #address({ block, addressStart }: SampleRow, network: boolean): number {
    const ip = network ? networkOf(block, addressStart) : block;
    const at = network ? 0 : addressStart / 4;
    const next = this.#textCount + 1;
    const number = (network ? this.#networks : this.#addresses).numberOf(ip.words, at, next);
    if (number === next) {
      this.#textCount = next;
      const end = writeAddress(ip.bytes, 4 * at, network, addressText, 0);
      this.#textBytes.text(addressText, 0, end);
    }
    return number;
  }

  /** The number of a text in the frame, and 1. */
  #text(number: number): number {
    const named = number < this.#named.length ? this.#named[number]! : 0;
    if (named !== 0) return named;
    if (number >= this.#named.length) {
      const more = new Uint32Array(Math.max(2 * number, this.#texts!.size + 1));
      more.set(this.#named);
      this.#named = more;
    }
    this.#named[number] = ++this.#textCount;
    this.#texts!.write(number, this.#textBytes);
    return this.#textCount;
  }

  /** Bytes so far, but for a few. */
  get size(): number {
    return this.#textBytes.length + this.#sampleBytes.length + this.#listBytes.length;
  }

  /** Everything that was added; empty when that was no sample. */
  packed(): Buffer {
    if (this.#sampleCount === 0) return Buffer.alloc(0);
    const [texts, samples] = [new GrowingBytes(), new GrowingBytes()];
    texts.number(this.#textCount);
    samples.number(this.#sampleCount);
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
