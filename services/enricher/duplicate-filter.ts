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

/** Highest offset by hash; open addressing, at most half full. */
interface OffsetTable {
  /** Low and high half by slot, both zero: free. */
  hashes: Int32Array;
  offsets: Float64Array;
  size: number;
}

const firstSlots = 1024;

function emptyTable(slots: number): OffsetTable {
  return { hashes: new Int32Array(slots * 2), offsets: new Float64Array(slots), size: 0 };
}

/** Slot of the hash, or the free one where it would stand. */
function slotOf(table: OffsetTable, lo: number, hi: number): number {
  const { hashes } = table;
  const mask = table.offsets.length - 1;
  for (let slot = lo & mask; ; slot = (slot + 1) & mask) {
    const low = hashes[slot * 2]!;
    const high = hashes[slot * 2 + 1]!;
    if ((low === lo && high === hi) || (low === 0 && high === 0)) return slot;
  }
}

/** -1 when it is not there. */
function offsetOf(table: OffsetTable, lo: number, hi: number): number {
  const slot = slotOf(table, lo, hi);
  return table.hashes[slot * 2] === 0 && table.hashes[slot * 2 + 1] === 0 ? -1 : table.offsets[slot]!;
}

function put(table: OffsetTable, lo: number, hi: number, offset: number): void {
  if (table.size * 2 >= table.offsets.length) grow(table);
  const slot = slotOf(table, lo, hi);
  if (table.hashes[slot * 2] === 0 && table.hashes[slot * 2 + 1] === 0) table.size++;
  table.hashes[slot * 2] = lo;
  table.hashes[slot * 2 + 1] = hi;
  table.offsets[slot] = offset;
}

function grow(table: OffsetTable): void {
  const { hashes, offsets } = table;
  Object.assign(table, emptyTable(offsets.length * 4));
  for (let slot = 0; slot < offsets.length; slot++)
    if (hashes[slot * 2] !== 0 || hashes[slot * 2 + 1] !== 0)
      put(table, hashes[slot * 2]!, hashes[slot * 2 + 1]!, offsets[slot]!);
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
      ids.recent = emptyTable(ids.recent.offsets.length);
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
      let seen = offsetOf(recent, lo, hi);
      if (seen < 0) seen = offsetOf(older, lo, hi);
      if (seen < offset) put(recent, lo, hi, offset);
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
