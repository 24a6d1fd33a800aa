import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';

/**
 * Where the archive of one partition of requests.enriched stands, read from the rows themselves: data and position are
 * one insert, so they can not disagree.
 *
 * The position is kept per day, because an insert holds one day: a crash between the inserts of two days of one batch
 * leaves one day behind the other. `offset` is the offset in requests.raw; it grows within a partition, and a record
 * that the enricher sends again after a crash has the one it had.
 *
 * A *generation* is one life of the log. When a log was deleted and made anew its offsets begin again at 0 and would
 * all look archived. So a record that looks archived is compared with the stored row at its offset; another event id
 * there, or none, means another log, and a new generation begins (`sameLog`).
 */
export interface ArchivePosition {
  readonly generation: number;
  /** Day number since 1970-01-01 -> highest archived offset. */
  readonly days: ReadonlyMap<number, number>;
}

export function dayOf(timestampMs: number): number {
  return Math.floor(timestampMs / 86_400_000);
}

export async function readPosition(clickhouse: ClickHouse, partition: number): Promise<ArchivePosition> {
  // Grouped exactly as the projection `position`, which answers it without reading rows.
  const rows = await clickhouse.query<{ generation: number; day: number; last: number }>(
    `SELECT log_generation AS generation, toInt32(toDate(timestamp)) AS day, max(topic_offset) AS last
     FROM requests
     WHERE topic_partition = {partition:UInt16}
     GROUP BY topic_partition, log_generation, toDate(timestamp)`,
    { partition },
  );
  const generation = rows.reduce((highest, row) => Math.max(highest, row.generation), 0);
  return {
    generation,
    days: new Map(rows.filter((row) => row.generation === generation).map((row) => [row.day, row.last])),
  };
}

/**
 * Whether records that look archived are the ones in the table. True when at least one is there under its offset and
 * none stands there under another id; single ones may be missing (refused by ClickHouse, or gone by retention).
 */
export async function sameLog(
  clickhouse: ClickHouse,
  where: { readonly partition: number; readonly generation: number },
  seen: ReadonlyMap<number, { readonly eventId: string; readonly day: number }>,
): Promise<boolean> {
  const offsets = [...seen.keys()];
  const days = [...new Set([...seen.values()].map((entry) => entry.day))];
  const rows = await clickhouse.query<{ offset: number; event_id: string }>(
    `SELECT topic_offset AS offset, event_id
     FROM requests
     WHERE topic_partition = {partition:UInt16} AND log_generation = {generation:UInt32}
       AND toInt32(toDate(timestamp)) IN {days:Array(Int32)}
       AND topic_offset BETWEEN {first:UInt64} AND {last:UInt64}`,
    {
      ...where,
      days,
      first: offsets.reduce((a, b) => Math.min(a, b)),
      last: offsets.reduce((a, b) => Math.max(a, b)),
    },
  );
  let found = 0;
  for (const row of rows) {
    const expected = seen.get(row.offset);
    if (expected === undefined) continue;
    if (expected.eventId !== row.event_id) return false;
    found++;
  }
  return found > 0;
}
