import { type SipKey, sipHashText, sipResult } from '../../lib/hash/siphash.ts';
import type { LogBatch } from '../../lib/log/log.ts';

/**
 * Drops what a collector sent again. An event is a duplicate when its id stands at a lower offset among the `window`
 * offsets before it in the partition: a rule over the log alone, so that a new owner that looks back as far answers the
 * same. The same offset met again is the same record redelivered, not a duplicate.
 *
 * Ids are known by a keyed 64-bit hash: two different ones out of 100,000 are taken for one with a chance below one in
 * a billion, and nobody can choose them so.
 */
export interface DuplicateFilter {
  readonly window: number;
  isDuplicate(partition: number, offset: number, eventId: string): boolean;
  /** Takes in records that were processed before, without judging them. */
  remember(batch: LogBatch<'requests.raw'>): void;
}

/**
 * Highest offset by hash; open addressing, at most half full. A slot is four words side by side: the halves of the hash
 * (both zero: free) and of the offset.
 */
interface OffsetTable {
  words: Int32Array;
  size: number;
}

const slotWords = 4;
const firstSlots = 1024;
const half = 2 ** 32;

function emptyTable(slots: number): OffsetTable {
  return { words: new Int32Array(slots * slotWords), size: 0 };
}

const slotsOf = ({ words }: OffsetTable): number => words.length / slotWords;

/** Where the slot of the hash begins, or the free one where it would stand. */
function placeOf({ words }: OffsetTable, lo: number, hi: number): number {
  const mask = words.length - 1;
  for (let place = (lo * slotWords) & mask; ; place = (place + slotWords) & mask) {
    const low = words[place]!;
    const high = words[place + 1]!;
    if ((low === lo && high === hi) || (low === 0 && high === 0)) return place;
  }
}

/** -1 when it is not there. */
function offsetAt({ words }: OffsetTable, place: number): number {
  if (words[place] === 0 && words[place + 1] === 0) return -1;
  return (words[place + 2]! >>> 0) + words[place + 3]! * half;
}

function put(table: OffsetTable, place: number, lo: number, hi: number, offset: number): void {
  const { words } = table;
  if (words[place] === 0 && words[place + 1] === 0) table.size++;
  words[place] = lo;
  words[place + 1] = hi;
  words[place + 2] = offset | 0;
  words[place + 3] = Math.floor(offset / half);
  if (table.size * 2 >= slotsOf(table)) grow(table);
}

function grow(table: OffsetTable): void {
  const before: OffsetTable = { ...table };
  Object.assign(table, emptyTable(slotsOf(table) * 4));
  for (let place = 0; place < before.words.length; place += slotWords) {
    const offset = offsetAt(before, place);
    const lo = before.words[place]!;
    const hi = before.words[place + 1]!;
    if (offset >= 0) put(table, placeOf(table, lo, hi), lo, hi, offset);
  }
}

/** Two generations of ids: together they always hold the last `window` offsets and never more than twice that. */
interface Generations {
  recent: OffsetTable;
  older: OffsetTable;
  /** First offset of `recent`. */
  since: number;
}

export function createDuplicateFilter(window: number, key: SipKey): DuplicateFilter {
  const partitions = new Map<number, Generations>();

  const generations = (partition: number, offset: number): Generations => {
    let ids = partitions.get(partition);
    if (ids === undefined) {
      ids = { recent: emptyTable(firstSlots), older: emptyTable(firstSlots), since: offset };
      partitions.set(partition, ids);
    } else if (offset - ids.since >= window) {
      ids.older = offset - ids.since >= 2 * window ? emptyTable(firstSlots) : ids.recent;
      ids.recent = emptyTable(slotsOf(ids.recent));
      ids.since = offset;
    }
    return ids;
  };

  return {
    window,
    isDuplicate(partition, offset, eventId) {
      if (window === 0) return false;
      const { recent, older } = generations(partition, offset);
      sipHashText(key, eventId);
      const lo = sipResult.lo === 0 && sipResult.hi === 0 ? 1 : sipResult.lo;
      const { hi } = sipResult;
      const place = placeOf(recent, lo, hi);
      let seen = offsetAt(recent, place);
      if (seen < 0) seen = offsetAt(older, placeOf(older, lo, hi));
      if (seen < offset) put(recent, place, lo, hi, offset);
      return seen >= 0 && seen < offset && offset - seen <= window;
    },
    remember(batch) {
      for (const record of batch.records) {
        if (record.type === 'RequestEvent')
          this.isDuplicate(batch.partition, record.offset, record.value.event_id);
      }
    },
  };
}
