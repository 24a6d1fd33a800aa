import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';

export interface Clock {
  /** The moment the pages show as "now", epoch ms; null before the first request. */
  readonly at: number | null;
  /** True when traffic is current; false when it is a replay of the past, whose own time then counts. */
  readonly live: boolean;
}

/** Traffic older than this is the past: "current decisions" then means current at its end. */
const liveWithinMs = 15 * 60_000;

export async function readClock(clickhouse: ClickHouse, now: number): Promise<Clock> {
  const [row] = await clickhouse.query<{ newest: number; rows: number }>(
    'SELECT toUnixTimestamp64Milli(max(timestamp)) AS newest, count() AS rows FROM requests',
  );
  if (row === undefined || row.rows === 0) return { at: null, live: false };
  return Math.abs(now - row.newest) <= liveWithinMs
    ? { at: now, live: true }
    : { at: row.newest, live: false };
}
