import type { LogBatch } from '../../lib/log/log.ts';

/**
 * Drops what a collector sent again. An event is a duplicate when its id stands at a lower offset among the `window`
 * offsets before it in the partition: a rule over the log alone, so that a new owner that looks back as far answers the
 * same. The same offset met again is the same record redelivered, not a duplicate.
 */
export interface DuplicateFilter {
  readonly window: number;
  isDuplicate(partition: number, offset: number, eventId: string): boolean;
  /** Takes in records that were processed before, without judging them. */
  remember(batch: LogBatch<'requests.raw'>): void;
}

/** Two generations of ids: together they always hold the last `window` offsets and never more than twice that. */
interface Generations {
  recent: Map<string, number>;
  older: Map<string, number>;
  /** First offset of `recent`. */
  since: number;
}

export function createDuplicateFilter(window: number): DuplicateFilter {
  const partitions = new Map<number, Generations>();

  const generations = (partition: number, offset: number): Generations => {
    let ids = partitions.get(partition);
    if (ids === undefined) {
      ids = { recent: new Map(), older: new Map(), since: offset };
      partitions.set(partition, ids);
    } else if (offset - ids.since >= window) {
      ids.older = offset - ids.since >= 2 * window ? new Map() : ids.recent;
      ids.recent = new Map();
      ids.since = offset;
    }
    return ids;
  };

  return {
    window,
    isDuplicate(partition, offset, eventId) {
      if (window === 0) return false;
      const { recent, older } = generations(partition, offset);
      const seen = recent.get(eventId) ?? older.get(eventId);
      if (seen === undefined || seen < offset) recent.set(eventId, offset);
      return seen !== undefined && seen < offset && offset - seen <= window;
    },
    remember(batch) {
      for (const record of batch.records) {
        if (record.type === 'RequestEvent')
          this.isDuplicate(batch.partition, record.offset, record.value.event_id);
      }
    },
  };
}
