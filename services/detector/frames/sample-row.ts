import type { Sample } from '../pane-group.ts';
import { mostAddressBytes, writeAddress } from './address-text.ts';
import type { SampleTexts } from './sample-texts.ts';

/** Stand for texts of the address that a row has: most addresses are met once, and would only make the texts more. */
export const addressNumber = -1;
export const networkNumber = -2;
/** Words of a row before its event id, besides those of its attributes: the address, and how many bytes the id has. */
export const ownWords = 5;

/** Memory of rows: numbers of texts, and event ids, in one piece for many. */
export class RowBlock {
  readonly words: Int32Array;
  /** The same memory. */
  readonly bytes: Uint8Array;

  constructor(words: number) {
    this.words = new Int32Array(words);
    this.bytes = new Uint8Array(this.words.buffer);
  }
}

/**
 * A sample that is to be sent as bytes: its attributes are numbers of texts, its event id is what a record had. Most
 * samples are never anything else, so no text of theirs is made.
 *
 * In its block stand, from `at` on, the number of each attribute, the address, how many bytes the event id has, and these.
 */
export class SampleRow {
  readonly order: number;
  readonly client: number;
  readonly flags: number;
  readonly texts: SampleTexts;
  readonly block: RowBlock;
  readonly at: number;
  /** How many attributes it has. */
  readonly width: number;
  /** What it takes in a frame at most. */
  readonly most: number;
  /** Whoever packed it last, and as which sample. */
  packedBy: object | null = null;
  packedAs = 0;
  #sample: Sample | null = null;

  constructor(
    { order, client, flags }: Pick<Sample, 'order' | 'client' | 'flags'>,
    texts: SampleTexts,
    { block, at, width, most }: Pick<SampleRow, 'block' | 'at' | 'width' | 'most'>,
  ) {
    this.order = order;
    this.client = client;
    this.flags = flags;
    this.texts = texts;
    this.block = block;
    this.at = at;
    this.width = width;
    this.most = most;
  }

  /** First byte of its address. */
  get addressStart(): number {
    return 4 * (this.at + this.width);
  }

  get idBytes(): number {
    return this.block.words[this.at + this.width + ownWords - 1]!;
  }
  get idStart(): number {
    return 4 * (this.at + this.width + ownWords);
  }

  #addressText(network: boolean): string {
    const text = Buffer.alloc(mostAddressBytes);
    const end = writeAddress(this.block.bytes, this.addressStart, network, text, 0);
    return text.toString('latin1', 0, end);
  }

  /** The same with its texts: one object, however often it is asked for. */
  sample(): Sample {
    if (this.#sample === null) {
      const { order, client, flags, texts, width, at } = this;
      const { words, bytes } = this.block;
      const attributes = new Array<string | null>(width);
      for (let index = 0; index < width; index++) {
        const number = words[at + index]!;
        attributes[index] = number < 0 ? this.#addressText(number === networkNumber) : texts.text(number);
      }
      const start = this.idStart;
      const id = Buffer.from(bytes.subarray(start, start + this.idBytes));
      this.#sample = { order, event_id: id.toString('utf8'), client, flags, attributes };
    }
    return this.#sample;
  }
}

/** A sample on its way into a frame: one that has its texts keeps them where nobody wants bytes. */
export type FrameSample = Sample | SampleRow;

export const plainSample = (sample: FrameSample): Sample =>
  sample instanceof SampleRow ? sample.sample() : sample;

/** The row of a sample that has its texts. */
export function rowOf(sample: Sample, texts: SampleTexts): SampleRow {
  const { attributes, event_id: id } = sample;
  const width = attributes.length;
  const size = Buffer.byteLength(id);
  const block = new RowBlock(width + ownWords + Math.ceil(size / 4));
  for (let index = 0; index < width; index++) {
    const text = attributes[index]!;
    if (text !== null) block.words[index] = texts.numberOf(text);
  }
  block.words[width + ownWords - 1] = size;
  Buffer.from(block.bytes.buffer).write(id, 4 * (width + ownWords), 'utf8');
  return new SampleRow(sample, texts, { block, at: 0, width, most: 0 });
}
