import { SegmentedTable, type TableSnapshot } from './segmented-table.ts';

const buckets = 6;
const bucketSeconds = 10;
const perBucket = 6;
export const windowColumn = {
  requests: 0,
  failing: 1,
  missing: 2,
  known: 3,
  identified: 4,
  direct: 5,
} as const;

/** A record: number of the newest bucket (seconds / 10); counts of 16 bits, two a word; bitmaps. */
const newest = 0;
const counts = 1;
/** endpoints, agents, targets (2 words), members (2 words); two generations of a minute each */
const bitmaps = counts + (buckets * perBucket) / 2;
const generationWords = 6;
const words = bitmaps + 2 * generationWords;
/** All counts are over after a minute, and the bitmaps after the minute that follows. */
const voidAfterSeconds = 120;

/**
 * The last minute of each address, or network, in six buckets of ten seconds, with small bitmaps for how many
 * endpoints, targets (endpoint with its parameters), agents and members it showed: members are the sessions of an
 * address, the addresses of a network. 136 bytes a slot; the place of one that was silent for two minutes is free, so
 * the table is as large as what two minutes bring, and bounded.
 *
 * `open` chooses the address or network that the other methods speak of.
 */
export class AddressWindows {
  readonly #table: SegmentedTable;

  constructor(slots: number, state?: TableSnapshot) {
    this.#table = new SegmentedTable(
      {
        words,
        slots,
        segmentSets: 128,
        // the most recent matter most
        importance: () => 0,
        voidAfterSeconds,
      },
      state,
    );
  }

  /** Finds the address or makes it, with its old buckets cleared. */
  open(lo: number, hi: number, second: number): void {
    const table = this.#table;
    table.slot(lo, hi, second);
    const { record, at } = table;
    const now = Math.floor(second / bucketSeconds);
    if (table.fresh) {
      record[at + newest] = now;
      return;
    }
    const last = record[at + newest]!;
    if (now <= last) return;
    for (let step = Math.max(last + 1, now - buckets + 1); step <= now; step++) {
      const first = (step % buckets) * perBucket;
      for (let count = first; count < first + perBucket; count++) this.#clear(count);
    }
    const minute = Math.floor(now / buckets);
    const lastMinute = Math.floor(last / buckets);
    if (minute !== lastMinute) {
      const base = at + bitmaps;
      for (let word = base; word < base + generationWords; word++) {
        record[word + generationWords] = minute === lastMinute + 1 ? record[word]! : 0;
        record[word] = 0;
      }
    }
    record[at + newest] = now;
  }

  #clear(count: number): void {
    const place = this.#table.at + counts + (count >> 1);
    this.#table.record[place]! &= (count & 1) === 0 ? 0xffff0000 : 0xffff;
  }

  #count(bucket: number, column: number): number {
    const count = bucket * perBucket + column;
    return (this.#table.record[this.#table.at + counts + (count >> 1)]! >>> ((count & 1) * 16)) & 0xffff;
  }

  add(column: number): void {
    const { record, at } = this.#table;
    const count = (record[at + newest]! % buckets) * perBucket + column;
    const place = at + counts + (count >> 1);
    const shift = (count & 1) * 16;
    if (((record[place]! >>> shift) & 0xffff) < 0xffff) record[place] = record[place]! + (1 << shift);
  }

  /** `member` 0: none is known. */
  mark(endpoint: number, agent: number, target: number, member: number): void {
    const { record } = this.#table;
    const base = this.#table.at + bitmaps;
    record[base]! |= 1 << (endpoint & 31);
    record[base + 1]! |= 1 << (agent & 31);
    record[base + 2 + ((target >>> 5) & 1)]! |= 1 << (target & 31);
    if (member !== 0) record[base + 4 + ((member >>> 5) & 1)]! |= 1 << (member & 31);
  }

  /** Sum over the last twenty seconds or less (the running bucket and the one before it). */
  recent(column: number): number {
    const now = this.#table.record[this.#table.at + newest]!;
    return this.#count(now % buckets, column) + this.#count((now + buckets - 1) % buckets, column);
  }

  minute(column: number): number {
    let sum = 0;
    for (let bucket = 0; bucket < buckets; bucket++) sum += this.#count(bucket, column);
    return sum;
  }

  /** Linear counting over the bitmaps of this minute and the last. */
  distinct(what: 'endpoints' | 'agents' | 'targets' | 'members'): number {
    const base = this.#table.at + bitmaps;
    if (what === 'endpoints') return linear(this.#ones(base), 32);
    if (what === 'agents') return linear(this.#ones(base + 1), 32);
    const first = base + (what === 'targets' ? 2 : 4);
    return linear(this.#ones(first) + this.#ones(first + 1), 64);
  }

  #ones(at: number): number {
    const { record } = this.#table;
    return ones(record[at]! | record[at + generationWords]!);
  }

  get entries(): number {
    return this.#table.entries;
  }
  get limit(): number {
    return this.#table.limit;
  }
  get evictions(): number {
    return this.#table.evictions;
  }
  get bytes(): number {
    return this.#table.bytes;
  }

  snapshot(): TableSnapshot {
    return this.#table.snapshot();
  }
}

function ones(word: number): number {
  let value = word - ((word >>> 1) & 0x55555555);
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
  return Math.imul((value + (value >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function linear(set: number, bits: number): number {
  return set === 0 ? 0 : Math.round(bits * Math.log(bits / Math.max(0.5, bits - set)));
}
