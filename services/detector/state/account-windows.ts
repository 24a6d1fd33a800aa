import { linearCount, ones } from './linear-counting.ts';
import { clearPacked, packedCount, packedWords, raisePacked } from './packed-counts.ts';
import { SegmentedTable, type TableSnapshot } from './segmented-table.ts';

const buckets = 12;
const bucketSeconds = 300;
/** Bitmaps of addresses turn after half an hour, those of targets after one bucket. */
const halfHour = 6;
export const accountColumn = {
  requests: 0,
  failing: 1,
  succeeding: 2,
  known: 3,
  strangerFailing: 4,
  missing: 5,
} as const;
const perBucket = 6;

/** A record: number of the newest bucket (seconds / 300); counts of 16 bits; bitmaps. */
const newest = 0;
const counts = 1;
/** Bitmaps: two generations of half an hour, two of ten minutes, and clients that ever succeeded. */
const bitmaps = counts + packedWords(buckets * perBucket);
const at = {
  clients: bitmaps,
  failingClients: bitmaps + 4,
  targets: bitmaps + 8,
  trusted: bitmaps + 16,
} as const;
const words = bitmaps + 18;
/** So many bits of `trusted` set, and it says nothing any more: it starts over. */
const fullTrusted = 32;

/**
 * The last hour of each account in twelve buckets of five minutes, with small bitmaps for how many addresses used it,
 * how many failed, how many objects were asked for, and which addresses it belongs to. 232 bytes a slot; bounded,
 * forgets the least recently used.
 *
 * `open` chooses the account that the other methods speak of.
 */
export class AccountWindows {
  readonly #table: SegmentedTable;

  constructor(slots: number, state?: TableSnapshot) {
    this.#table = new SegmentedTable(
      {
        words,
        slots,
        segmentSets: 128,
        // the most recent matter most
        importance: () => 0,
        // which addresses it belongs to is known for good
        voidAfterSeconds: Infinity,
      },
      state,
    );
  }

  /** Finds the account or makes it, with what is too old cleared. */
  open(lo: number, hi: number, second: number): void {
    const table = this.#table;
    table.slot(lo, hi, second);
    const { record, at: base } = table;
    const now = Math.floor(second / bucketSeconds);
    if (table.fresh) {
      record[base + newest] = now;
      return;
    }
    const last = record[base + newest]!;
    if (now <= last) return;
    for (let step = Math.max(last + 1, now - buckets + 1); step <= now; step++) {
      const first = (step % buckets) * perBucket;
      for (let count = first; count < first + perBucket; count++) clearPacked(record, base + counts, count);
    }
    this.#turn(at.clients, 2, Math.floor(last / halfHour), Math.floor(now / halfHour));
    this.#turn(at.failingClients, 2, Math.floor(last / halfHour), Math.floor(now / halfHour));
    this.#turn(at.targets, 4, last, now);
    record[base + newest] = now;
  }

  /** A generation is over: the newer half of the words becomes the older. */
  #turn(bitmap: number, size: number, last: number, now: number): void {
    if (now === last) return;
    const { record } = this.#table;
    const from = this.#table.at + bitmap;
    for (let word = from; word < from + size; word++) {
      record[word + size] = now === last + 1 ? record[word]! : 0;
      record[word] = 0;
    }
  }

  add(column: number): void {
    const { record, at: base } = this.#table;
    const bucket = record[base + newest]! % buckets;
    raisePacked(record, base + counts, bucket * perBucket + column);
  }

  #mark(bitmap: number, size: number, value: number): void {
    this.#table.record[this.#table.at + bitmap + ((value >>> 5) & (size - 1))]! |= 1 << (value & 31);
  }

  markClient(client: number, failed: boolean): void {
    this.#mark(at.clients, 2, client);
    if (failed) this.#mark(at.failingClients, 2, client);
  }

  markTarget(target: number): void {
    this.#mark(at.targets, 4, target);
  }

  /** The address belongs to the account: it succeeded with it. */
  trust(client: number): void {
    const { record } = this.#table;
    const word = this.#table.at + at.trusted;
    if (ones(record[word]!) + ones(record[word + 1]!) >= fullTrusted) record.fill(0, word, word + 2);
    this.#mark(at.trusted, 2, client);
  }

  isTrusted(client: number): boolean {
    const word = this.#table.at + at.trusted + ((client >>> 5) & 1);
    return (this.#table.record[word]! & (1 << (client & 31))) !== 0;
  }

  /** Sum over so many of the newest buckets: 12 are the last hour, 2 the last ten minutes, the running one counted in. */
  sum(column: number, last: number): number {
    const { record, at: base } = this.#table;
    const now = record[base + newest]!;
    let total = 0;
    for (let back = 0; back < last; back++)
      total += packedCount(record, base + counts, ((now + buckets - back) % buckets) * perBucket + column);
    return total;
  }

  /** Linear counting over both generations. */
  distinct(what: 'clients' | 'failingClients' | 'targets'): number {
    const { record } = this.#table;
    const size = what === 'targets' ? 4 : 2;
    const from = this.#table.at + at[what];
    let set = 0;
    for (let word = from; word < from + size; word++) set += ones(record[word]! | record[word + size]!);
    return linearCount(set, size * 32);
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

  snapshot(): TableSnapshot {
    return this.#table.snapshot();
  }
}
