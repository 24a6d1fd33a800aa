import { destinationOf, type FindingTopic } from './destinations.ts';
import type { Inserter, PlacedRow } from './inserter.ts';
import type { Ownership } from './ownership.ts';
import type { Store } from './partition-archive.ts';

/**
 * Stores findings and audit records of one partition. Their tables keep the newest revision of an id, so that what is
 * read again after a crash changes nothing, and no position is needed.
 */
export function createFindingStore<T extends FindingTopic>(options: {
  readonly topic: T;
  readonly inserter: Inserter;
  readonly partition: number;
  readonly batchRows: number;
  readonly ownership: Ownership;
  refused(row: PlacedRow, reason: string): Promise<void>;
}): Store<T> {
  const { topic, inserter, partition, ownership } = options;
  // Offsets of a log made anew name other records: tokens of this run must not meet those of an earlier one.
  const run = process.hrtime.bigint().toString(36);
  return {
    store: async (records) => {
      const rows = new Map<string, PlacedRow[]>();
      for (const record of records) {
        const destination = destinationOf(record as Parameters<typeof destinationOf>[0]);
        if (destination === null) continue;
        const { table, row } = destination;
        const placed = { row, offset: record.offset, site: String(row['site'] ?? '') };
        const list = rows.get(table);
        if (list === undefined) rows.set(table, [placed]);
        else list.push(placed);
      }
      for (const [table, list] of rows)
        for (let from = 0; from < list.length; from += options.batchRows)
          await inserter.insert({
            table,
            token: `${topic}-${run}-${partition}`,
            rows: list.slice(from, from + options.batchRows),
            ownership,
            refused: options.refused,
          });
    },
  };
}
