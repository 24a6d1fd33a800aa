import { SlotIndex, type SlotIndexState } from './slot-index.ts';

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
/** endpoints, agents, targets (2 words), members (2 words); two generations of a minute each */
const generationWords = 6;
const words = 2 * generationWords;

export interface AddressWindowsState {
  readonly index: SlotIndexState;
  readonly counts: Uint16Array;
  readonly bucket: Uint32Array;
  readonly bitmaps: Uint32Array;
}

/**
 * The last minute of each address, or network, in six buckets of ten seconds, with small bitmaps for how many
 * endpoints, targets (endpoint with its parameters), agents and members it showed: members are the sessions of an
 * address, the addresses of a network. Bounded; forgets the least recently used.
 */
export class AddressWindows {
  readonly #index: SlotIndex;
  #counts: Uint16Array;
  /** Number of the newest bucket (seconds / 10). */
  #bucket: Uint32Array;
  #bitmaps: Uint32Array;

  constructor(limit: number, state?: AddressWindowsState) {
    this.#index = new SlotIndex(limit, state?.index);
    const size = this.#index.capacity;
    this.#counts = state?.counts ?? new Uint16Array(size * buckets * perBucket);
    this.#bucket = state?.bucket ?? new Uint32Array(size);
    this.#bitmaps = state?.bitmaps ?? new Uint32Array(size * words);
  }

  readonly #grown = (capacity: number, moved: Int32Array): void => {
    const counts = new Uint16Array(capacity * buckets * perBucket);
    const bucket = new Uint32Array(capacity);
    const bitmaps = new Uint32Array(capacity * words);
    const width = buckets * perBucket;
    for (let slot = 0; slot < moved.length; slot++) {
      const to = moved[slot]!;
      if (to < 0) continue;
      for (let at = 0; at < width; at++) counts[to * width + at] = this.#counts[slot * width + at]!;
      for (let at = 0; at < words; at++) bitmaps[to * words + at] = this.#bitmaps[slot * words + at]!;
      bucket[to] = this.#bucket[slot]!;
    }
    this.#counts = counts;
    this.#bucket = bucket;
    this.#bitmaps = bitmaps;
  };

  /** Slot of the address at this time, its old buckets cleared. */
  slot(lo: number, hi: number, second: number): number {
    const slot = this.#index.slot(lo, hi, second, this.#grown);
    const now = Math.floor(second / bucketSeconds);
    const width = buckets * perBucket;
    if (this.#index.fresh) {
      this.#counts.fill(0, slot * width, (slot + 1) * width);
      this.#bitmaps.fill(0, slot * words, (slot + 1) * words);
      this.#bucket[slot] = now;
      return slot;
    }
    const last = this.#bucket[slot]!;
    if (now <= last) return slot;
    for (let step = Math.max(last + 1, now - buckets + 1); step <= now; step++) {
      const start = slot * width + (step % buckets) * perBucket;
      this.#counts.fill(0, start, start + perBucket);
    }
    const minute = Math.floor(now / buckets);
    const lastMinute = Math.floor(last / buckets);
    if (minute !== lastMinute) {
      const base = slot * words;
      for (let at = 0; at < generationWords; at++) {
        this.#bitmaps[base + generationWords + at] =
          minute === lastMinute + 1 ? this.#bitmaps[base + at]! : 0;
        this.#bitmaps[base + at] = 0;
      }
    }
    this.#bucket[slot] = now;
    return slot;
  }

  add(slot: number, column: number): void {
    const at = slot * buckets * perBucket + (this.#bucket[slot]! % buckets) * perBucket + column;
    if (this.#counts[at]! < 65535) this.#counts[at]!++;
  }

  /** `member` 0: none is known. */
  mark(slot: number, endpoint: number, agent: number, target: number, member: number): void {
    const base = slot * words;
    this.#bitmaps[base]! |= 1 << (endpoint & 31);
    this.#bitmaps[base + 1]! |= 1 << (agent & 31);
    this.#bitmaps[base + 2 + ((target >>> 5) & 1)]! |= 1 << (target & 31);
    if (member !== 0) this.#bitmaps[base + 4 + ((member >>> 5) & 1)]! |= 1 << (member & 31);
  }

  /** Sum over the last ten seconds or less (the running bucket and the one before it). */
  recent(slot: number, column: number): number {
    const now = this.#bucket[slot]!;
    const base = slot * buckets * perBucket + column;
    return (
      this.#counts[base + (now % buckets) * perBucket]! +
      this.#counts[base + ((now + buckets - 1) % buckets) * perBucket]!
    );
  }

  minute(slot: number, column: number): number {
    let sum = 0;
    const base = slot * buckets * perBucket + column;
    for (let bucket = 0; bucket < buckets; bucket++) sum += this.#counts[base + bucket * perBucket]!;
    return sum;
  }

  /** Linear counting over the bitmaps of this minute and the last. */
  distinct(slot: number, what: 'endpoints' | 'agents' | 'targets' | 'members'): number {
    const base = slot * words;
    if (what === 'endpoints') return linear(this.#ones(base), 32);
    if (what === 'agents') return linear(this.#ones(base + 1), 32);
    const first = base + (what === 'targets' ? 2 : 4);
    return linear(this.#ones(first) + this.#ones(first + 1), 64);
  }

  #ones(at: number): number {
    return ones(this.#bitmaps[at]! | this.#bitmaps[at + generationWords]!);
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

  snapshot(): AddressWindowsState {
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

function linear(set: number, bits: number): number {
  return set === 0 ? 0 : Math.round(bits * Math.log(bits / Math.max(0.5, bits - set)));
}
