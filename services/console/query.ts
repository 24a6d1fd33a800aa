import type { ClickHouse, Row } from '../../lib/clickhouse/clickhouse.ts';

/** Runs one reading statement written by a person. */
export async function runQuery(clickhouse: ClickHouse, sql: string): Promise<readonly Row[]> {
  return (await clickhouse.untrusted(sql)).rows;
}
