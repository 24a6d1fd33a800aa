import { linearCount, ones } from './linear-counting.ts';
import { clearPacked, packedCount, packedWords, raisePacked } from './packed-counts.ts';
import { addForm, addLetIn, forgetPeople, type People, peopleAt, peopleWords } from './people-counts.ts';
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
  /** Of a network. */
  direct: 5,
  /** Of an address, in the same place: refused log-ins. */
  loginFailing: 5,
} as const;

/** A record: number of the newest bucket (seconds / 10); counts of 16 bits; bitmaps. */
const newest = 0;
const counts = 1;
/** endpoints, agents, targets (2 words), members (2 words), members that came back; two generations of a minute each */
const bitmaps = counts + packedWords(buckets * perBucket);
const generationWords = 7;
const people = bitmaps + 2 * generationWords;
const words = people + peopleWords;
/** Who got in is forgotten by half in half an hour, a form by half in ten seconds. */
const letInKept = 0.5 ** (bucketSeconds / 1800);
/** All counts are over after a minute, and the bitmaps after the minute that follows. */
const voidAfterSeconds = 120;

/**
 * The last minute of each address, or network, in six buckets of ten seconds, with small bitmaps for how many
 * endpoints, targets (endpoint with its parameters), agents and members it showed: members are the sessions of an
 * address, the addresses of a network; and who got in at a log-in from an address, for as long as it goes on. 152 bytes a slot; the place of one that was silent for two minutes is free, so
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
      for (let count = first; count < first + perBucket; count++) clearPacked(record, at + counts, count);
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
    const passed = now - last;
    // a slot may be another's after that
    const keep = passed * bucketSeconds < voidAfterSeconds ? letInKept ** passed : 0;
    forgetPeople(record, at + people, keep, passed);
    record[at + newest] = now;
  }

  /** Somebody sent a log-in that was not refused: it was answered with a page, or with a redirect. */
  addLetIn(isPage: boolean): void {
    addLetIn(this.#table.record, this.#table.at + people, isPage);
  }

  /** Somebody opened the form of a log-in. */
  addForm(): void {
    addForm(this.#table.record, this.#table.at + people);
  }

  /** Log-ins that were not refused (of those of half an hour ago half), and forms that were just opened. */
  get people(): People {
    return peopleAt(this.#table.record, this.#table.at + people);
  }

  /** As SegmentedTable: looks at the address without opening it. */
  touch(lo: number, hi: number): number {
    return this.#table.touch(lo, hi);
  }
  touchEntry(lo: number, hi: number): number {
    return this.#table.touchEntry(lo, hi);
  }

  #count(bucket: number, column: number): number {
    return packedCount(this.#table.record, this.#table.at + counts, bucket * perBucket + column);
  }

  add(column: number): void {
    const { record, at } = this.#table;
    raisePacked(record, at + counts, (record[at + newest]! % buckets) * perBucket + column);
  }

  /** `member` 0: none is known. `back`: it was seen before. */
  mark(endpoint: number, agent: number, target: number, member: number, back: boolean): void {
    const { record } = this.#table;
    const base = this.#table.at + bitmaps;
    record[base]! |= 1 << (endpoint & 31);
    record[base + 1]! |= 1 << (agent & 31);
    record[base + 2 + ((target >>> 5) & 1)]! |= 1 << (target & 31);
    if (member === 0) return;
    record[base + 4 + ((member >>> 5) & 1)]! |= 1 << (member & 31);
    if (back) record[base + 6]! |= 1 << ((member >>> 8) & 31);
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
  distinct(what: 'endpoints' | 'agents' | 'targets' | 'members' | 'returning'): number {
    const base = this.#table.at + bitmaps;
    if (what === 'endpoints') return linearCount(this.#ones(base), 32);
    if (what === 'agents') return linearCount(this.#ones(base + 1), 32);
    if (what === 'returning') return linearCount(this.#ones(base + 6), 32);
    const first = base + (what === 'targets' ? 2 : 4);
    return linearCount(this.#ones(first) + this.#ones(first + 1), 64);
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
