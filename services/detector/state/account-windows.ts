import { SlotIndex, type SlotIndexState } from './slot-index.ts';

const buckets = 12;
const bucketSeconds = 300;
export const accountColumn = {
  requests: 0,
  failing: 1,
  succeeding: 2,
  known: 3,
  strangerFailing: 4,
  missing: 5,
} as const;
const perBucket = 6;
const width = buckets * perBucket;

/** Words of the bitmaps: two generations of half an hour, two of ten minutes, and clients that ever succeeded. */
const at = { clients: 0, failingClients: 4, targets: 8, trusted: 16 } as const;
const words = 18;
/** So many bits of `trusted` set, and it says nothing any more: it starts over. */
const fullTrusted = 32;

export interface AccountWindowsState {
  readonly index: SlotIndexState;
  readonly counts: Uint16Array;
  readonly bucket: Uint32Array;
  readonly bitmaps: Uint32Array;
}

/**
 * The last hour of each account in twelve buckets of five minutes, with small bitmaps for how many addresses used it,
 * how many failed, how many objects were asked for, and which addresses it belongs to. Bounded; forgets the least
 * recently used.
 */
export class AccountWindows {
  readonly #index: SlotIndex;
  #counts: Uint16Array;
  /** Number of the newest bucket (seconds / 300). */
  #bucket: Uint32Array;
  #bitmaps: Uint32Array;

  constructor(limit: number, state?: AccountWindowsState) {
    this.#index = new SlotIndex(limit, state?.index);
    const size = this.#index.capacity;
    this.#counts = state?.counts ?? new Uint16Array(size * width);
    this.#bucket = state?.bucket ?? new Uint32Array(size);
    this.#bitmaps = state?.bitmaps ?? new Uint32Array(size * words);
  }

  readonly #grown = (capacity: number, moved: Int32Array): void => {
    const counts = new Uint16Array(capacity * width);
    const bucket = new Uint32Array(capacity);
    const bitmaps = new Uint32Array(capacity * words);
    for (let slot = 0; slot < moved.length; slot++) {
      const to = moved[slot]!;
      if (to < 0) continue;
      counts.set(this.#counts.subarray(slot * width, (slot + 1) * width), to * width);
      bitmaps.set(this.#bitmaps.subarray(slot * words, (slot + 1) * words), to * words);
      bucket[to] = this.#bucket[slot]!;
    }
    this.#counts = counts;
    this.#bucket = bucket;
    this.#bitmaps = bitmaps;
  };

  /** Slot of the account at this time, what is too old cleared. */
  slot(lo: number, hi: number, second: number): number {
    const slot = this.#index.slot(lo, hi, second, this.#grown);
    const now = Math.floor(second / bucketSeconds);
    const base = slot * words;
    if (this.#index.fresh) {
      this.#counts.fill(0, slot * width, (slot + 1) * width);
      this.#bitmaps.fill(0, base, base + words);
      this.#bucket[slot] = now;
      return slot;
    }
    const last = this.#bucket[slot]!;
    if (now <= last) return slot;
    for (let step = Math.max(last + 1, now - buckets + 1); step <= now; step++) {
      const start = slot * width + (step % buckets) * perBucket;
      this.#counts.fill(0, start, start + perBucket);
    }
    this.#turn(base + at.clients, 2, Math.floor(last / 6), Math.floor(now / 6));
    this.#turn(base + at.failingClients, 2, Math.floor(last / 6), Math.floor(now / 6));
    this.#turn(base + at.targets, 4, last, now);
    this.#bucket[slot] = now;
    return slot;
  }

  /** A generation is over: the newer half of the words becomes the older. */
  #turn(from: number, size: number, last: number, now: number): void {
    if (now === last) return;
    for (let word = from; word < from + size; word++) {
      this.#bitmaps[word + size] = now === last + 1 ? this.#bitmaps[word]! : 0;
      this.#bitmaps[word] = 0;
    }
  }

  add(slot: number, column: number): void {
    const cell = slot * width + (this.#bucket[slot]! % buckets) * perBucket + column;
    if (this.#counts[cell]! < 65535) this.#counts[cell]!++;
  }

  #mark(word: number, size: number, value: number): void {
    this.#bitmaps[word + ((value >>> 5) & (size - 1))]! |= 1 << (value & 31);
  }

  markClient(slot: number, client: number, failed: boolean): void {
    this.#mark(slot * words + at.clients, 2, client);
    if (failed) this.#mark(slot * words + at.failingClients, 2, client);
  }

  markTarget(slot: number, target: number): void {
    this.#mark(slot * words + at.targets, 4, target);
  }

  /** The address belongs to the account: it succeeded with it. */
  trust(slot: number, client: number): void {
    const word = slot * words + at.trusted;
    if (ones(this.#bitmaps[word]!) + ones(this.#bitmaps[word + 1]!) >= fullTrusted)
      this.#bitmaps.fill(0, word, word + 2);
    this.#mark(word, 2, client);
  }

  isTrusted(slot: number, client: number): boolean {
    const word = slot * words + at.trusted + ((client >>> 5) & 1);
    return (this.#bitmaps[word]! & (1 << (client & 31))) !== 0;
  }

  /** Sum over the newest buckets: 12 are the last hour, 2 the last ten minutes, the running one counted in. */
  sum(slot: number, column: number, newest: number): number {
    let total = 0;
    const now = this.#bucket[slot]!;
    for (let back = 0; back < newest; back++)
      total += this.#counts[slot * width + ((now + buckets - back) % buckets) * perBucket + column]!;
    return total;
  }

  /** Linear counting over both generations. */
  distinct(slot: number, what: 'clients' | 'failingClients' | 'targets'): number {
    const size = what === 'targets' ? 4 : 2;
    const from = slot * words + at[what];
    let set = 0;
    for (let word = from; word < from + size; word++)
      set += ones(this.#bitmaps[word]! | this.#bitmaps[word + size]!);
    const bits = size * 32;
    return set === 0 ? 0 : Math.round(bits * Math.log(bits / Math.max(0.5, bits - set)));
  }

  get entries(): number {
    return this.#index.entries;
  }
  get limit(): number {
    return this.#index.limit;
  }
  get evictions(): number {
    return this.#index.evictions;
  }

  snapshot(): AccountWindowsState {
    return {
      index: this.#index.snapshot(),
      counts: this.#counts,
      bucket: this.#bucket,
      bitmaps: this.#bitmaps,
    };
  }
}

function ones(word: number): number {
  let value = word - ((word >>> 1) & 0x55555555);
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
  return Math.imul((value + (value >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
