import { bytesOf, wordsOf } from '../../../lib/log/snapshot.ts';

/**
 * Bounded table from 64-bit keyed hashes to small records of 32-bit words, for tens of millions of entries.
 *
 * Sets of eight ways; a key that finds its set full tries the next ones of a window. Sets stand in segments, found
 * through a directory by the upper bits of the hash (extendible hashing): a segment without room splits in two, so
 * the table grows by a few hundred kilobytes at a time and never stops to be copied as a whole. A snapshot hands out
 * the segments as they are and copies each only when it is next written to.
 *
 * At its limit the least important entry of the window makes room: see `importance`. Keys are hashes with the
 * installation secret, so nobody can choose keys that share a set.
 */
const ways = 8;
const windowSets = 8;
/**
 * A set: eight low halves of keys, then eight entries. A key is looked for in half a cache line, and all else that is read of
 * it lies side by side. An entry: high half of the key, time of use (0: free), the record.
 */
const usedWord = 1;
const recordWord = 2;
/** Of what snapshots hold, in the layout hash of every step that has a table: raised when any of this changes. */
export const tableLayout = 'tables-2';
const wordsPerLine = 16;

export interface TableOptions {
  /** Words of a record. */
  readonly words: number;
  /** Most slots; rounded up to a power of two. Memory is at most `slots * (words + 3) * 4` bytes. */
  readonly slots: number;
  /** Sets of one segment, a power of two. */
  readonly segmentSets: number;
  /**
   * How much would be lost with an entry. The least important of a window goes first, of equals the one not used for
   * longest.
   */
  importance(record: Int32Array, at: number, usedAt: number, second: number): number;
  /** Entries idle for this long say the same as none: their place is taken before the table grows. */
  readonly voidAfterSeconds: number;
}

interface Segment {
  words: Int32Array;
  /** Upper bits of the hash that all its keys share. */
  readonly depth: number;
  readonly prefix: number;
  entries: number;
  /** A snapshot holds `words`: copy before writing. */
  shared: boolean;
}

/** Segments in order of prefix: words, and what says which they are. */
export interface TableSnapshot {
  /** depth and prefix of each segment */
  readonly shape: Int32Array;
  readonly segments: readonly Int32Array[];
}

export function tableBlobs(table: TableSnapshot): Uint8Array[] {
  return [table.shape, ...table.segments].map(bytesOf);
}

/** From what `tableBlobs` gave; the blobs stay as they are. */
export function tableOfBlobs(blobs: readonly Uint8Array[]): TableSnapshot {
  return { shape: wordsOf(blobs[0]!), segments: blobs.slice(1).map(wordsOf) };
}

export class SegmentedTable {
  readonly #options: TableOptions;
  /** Words of an entry, and of a set. */
  readonly #entry: number;
  readonly #stride: number;
  readonly #setMask: number;
  readonly #maxDepth: number;
  #directory: Segment[];
  /** Bits of the hash that index the directory. */
  #depth = 0;
  entries = 0;
  evictions = 0;

  /** Set by `slot`: where the record stands. Good until the next call. */
  record: Int32Array;
  at = 0;
  /** Set by `slot`: true when the key was not there before; its record is zero then. */
  fresh = false;
  /** Set by `slot`: seconds of the use before this one. */
  previousUse = 0;

  constructor(options: TableOptions, state?: TableSnapshot) {
    this.#options = options;
    this.#entry = recordWord + options.words;
    this.#stride = ways * (1 + this.#entry);
    this.#setMask = options.segmentSets - 1;
    const perSegment = options.segmentSets * ways;
    this.#maxDepth = Math.max(0, Math.ceil(Math.log2(options.slots / perSegment)));
    if (state === undefined) this.#directory = [this.#segment(0, 0)];
    else this.#directory = this.#restore(state);
    this.record = this.#directory[0]!.words;
  }

  #segment(depth: number, prefix: number, words?: Int32Array): Segment {
    return {
      words: words ?? new Int32Array(this.#options.segmentSets * this.#stride),
      depth,
      prefix,
      entries: 0,
      shared: false,
    };
  }

  /** Slots there can be. */
  get limit(): number {
    return (this.#options.segmentSets * ways) << this.#maxDepth;
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return new Set(this.#directory).size * this.#options.segmentSets * this.#stride * 4;
  }

  #segmentOf(hi: number): Segment {
    return this.#directory[this.#depth === 0 ? 0 : hi >>> (32 - this.#depth)]!;
  }

  /** The set that a key is looked for in first. */
  #home(lo: number, hi: number): number {
    return (lo ^ (hi << 7)) & this.#setMask;
  }

  /** Finds the key or makes room for it, and notes its use at `second` (above 0). Sets `record`, `at`, `fresh`. */
  slot(lo: number, hi: number, second: number): void {
    for (;;) {
      const segment = this.#segmentOf(hi);
      if (segment.shared) {
        segment.words = segment.words.slice();
        segment.shared = false;
      }
      const { words } = segment;
      const stride = this.#stride;
      const size = this.#entry;
      let free = -1;
      let set = this.#home(lo, hi);
      for (let tried = 0; tried < windowSets && free < 0; tried++, set = (set + 1) & this.#setMask) {
        const base = set * stride;
        for (let way = 0; way < ways; way++) {
          const low = words[base + way]!;
          // most ways are passed over after one look; a free one is all zero
          if (low !== lo && low !== 0) continue;
          const entry = base + ways + way * size;
          const used = words[entry + usedWord]! >>> 0;
          if (low === lo && words[entry] === hi && used !== 0) {
            this.record = words;
            this.at = entry + recordWord;
            this.fresh = false;
            this.previousUse = used;
            if (used < second) words[entry + usedWord] = second;
            return;
          }
          if (used === 0) {
            free = base + way;
            break;
          }
        }
      }
      if (free < 0) {
        free = this.#voidOf(segment, lo, hi, second);
        if (free < 0 && segment.depth < this.#maxDepth) {
          this.#split(segment);
          continue;
        }
        if (free < 0) {
          free = this.#leastImportant(segment, lo, hi, second);
          this.evictions++;
        }
        this.entries--;
        segment.entries--;
      }
      const entry = this.#entryOf(free);
      words[free] = lo;
      words[entry] = hi;
      words[entry + usedWord] = second;
      for (let at = entry + recordWord; at < entry + size; at++) words[at] = 0;
      this.record = words;
      this.at = entry + recordWord;
      this.fresh = true;
      this.previousUse = second;
      this.entries++;
      segment.entries++;
      return;
    }
  }

  /** Where the entry of the low half at `key` begins. */
  #entryOf(key: number): number {
    const way = key % this.#stride;
    return key - way + ways + way * this.#entry;
  }

  /**
   * Looks at where the key stands or would stand. Tables are larger than the caches, so that finding a key mostly means
   * waiting for memory; of keys that are looked at one right after the other the waits are at the same time.
   */
  touch(lo: number, hi: number): number {
    const { words } = this.#segmentOf(hi);
    const base = this.#home(lo, hi) * this.#stride;
    return words[base]! ^ words[base + ways - 1]!;
  }

  /** After `touch` of the same key: looks at its entry, if it stands where it is looked for first. */
  touchEntry(lo: number, hi: number): number {
    const { words } = this.#segmentOf(hi);
    const base = this.#home(lo, hi) * this.#stride;
    let way = 0;
    while (way < ways && words[base + way] !== lo && words[base + way] !== 0) way++;
    if (way === ways) return 0;
    const size = this.#entry;
    const entry = base + ways + way * size;
    let seen = words[entry + size - 1]!;
    for (let at = entry; at < entry + size; at += wordsPerLine) seen ^= words[at]!;
    return seen;
  }

  /** Place of the key of a void entry of the window, -1 when there is none. */
  #voidOf(segment: Segment, lo: number, hi: number, second: number): number {
    const { words } = segment;
    const limit = second - this.#options.voidAfterSeconds;
    if (limit <= 0) return -1;
    let set = this.#home(lo, hi);
    for (let tried = 0; tried < windowSets; tried++, set = (set + 1) & this.#setMask)
      for (let key = set * this.#stride; key < set * this.#stride + ways; key++)
        if (words[this.#entryOf(key) + usedWord]! >>> 0 <= limit) return key;
    return -1;
  }

  #leastImportant(segment: Segment, lo: number, hi: number, second: number): number {
    const { words } = segment;
    let set = this.#home(lo, hi);
    let found = -1;
    let least = Infinity;
    let oldest = 0;
    for (let tried = 0; tried < windowSets; tried++, set = (set + 1) & this.#setMask)
      for (let way = 0; way < ways; way++) {
        const key = set * this.#stride + way;
        const entry = this.#entryOf(key);
        const used = words[entry + usedWord]! >>> 0;
        const importance = this.#options.importance(words, entry + recordWord, used, second);
        if (importance > least || (importance === least && used >= oldest)) continue;
        least = importance;
        oldest = used;
        found = key;
      }
    return found;
  }

  /** Two segments of one: entries go by the next bit of their hash. */
  #split(old: Segment): void {
    if (old.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((segment) => [segment, segment]);
      this.#depth++;
    }
    const halves = [
      this.#segment(old.depth + 1, old.prefix * 2),
      this.#segment(old.depth + 1, old.prefix * 2 + 1),
    ] as const;
    const bit = 31 - old.depth;
    const { segmentSets } = this.#options;
    for (let set = 0; set < segmentSets; set++)
      for (let way = 0; way < ways; way++) {
        const key = set * this.#stride + way;
        const entry = this.#entryOf(key);
        if (old.words[entry + usedWord] === 0) continue;
        this.#move(old.words, key, entry, halves[(old.words[entry]! >>> bit) & 1]!);
      }
    const first = old.prefix * 2 ** (this.#depth - old.depth);
    const span = 2 ** (this.#depth - old.depth - 1);
    for (let index = 0; index < span; index++) {
      this.#directory[first + index] = halves[0];
      this.#directory[first + span + index] = halves[1];
    }
  }

  /**
   * Each half holds half of what filled a window, so there is room in the window of every key. Were there none (a
   * chance of one in a hundred million), the entry would be forgotten.
   */
  #move(from: Int32Array, key: number, entry: number, to: Segment): void {
    const lo = from[key]!;
    const hi = from[entry]!;
    const size = this.#entry;
    let set = this.#home(lo, hi);
    for (let tried = 0; tried < windowSets; tried++, set = (set + 1) & this.#setMask) {
      const base = set * this.#stride;
      for (let way = 0; way < ways; way++) {
        const place = base + ways + way * size;
        if (to.words[place + usedWord] !== 0) continue;
        to.words[base + way] = lo;
        for (let word = 0; word < size; word++) to.words[place + word] = from[entry + word]!;
        to.entries++;
        return;
      }
    }
    this.entries--;
    this.evictions++;
  }

  /** The whole table as it is now. What is handed out does not change any more. */
  snapshot(): TableSnapshot {
    const segments = [...new Set(this.#directory)];
    const shape = new Int32Array(segments.length * 2);
    segments.forEach((segment, index) => {
      segment.shared = true;
      shape[index * 2] = segment.depth;
      shape[index * 2 + 1] = segment.prefix;
    });
    return { shape, segments: segments.map(({ words }) => words) };
  }

  #restore(state: TableSnapshot): Segment[] {
    const segments = state.segments.map((words, index) => {
      const segment = this.#segment(state.shape[index * 2]!, state.shape[index * 2 + 1]!, words);
      // they are the caller's: copied one by one when they are written to
      segment.shared = true;
      for (let set = 0; set < this.#options.segmentSets; set++)
        for (let way = 0; way < ways; way++)
          if (words[this.#entryOf(set * this.#stride + way) + usedWord] !== 0) segment.entries++;
      this.entries += segment.entries;
      return segment;
    });
    this.#depth = Math.max(...segments.map(({ depth }) => depth));
    return segments.flatMap((segment) =>
      new Array<Segment>(2 ** (this.#depth - segment.depth)).fill(segment),
    );
  }
}
