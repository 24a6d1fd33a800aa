import type { InsertParams } from '@clickhouse/client';
import type { Row } from './clickhouse.ts';

/**
 * How rows travel. Rows of one shape go without their field names: a request has 65 of them, and reading names is what
 * an insert costs most. Others go as objects; fields that the table does not have are then skipped.
 */
export function insertFormat(
  rows: readonly Row[],
  sameShape: boolean,
): Pick<InsertParams, 'columns' | 'format'> & { values: readonly unknown[] } {
  const first = rows[0];
  if (!sameShape || first === undefined) return { values: rows, format: 'JSONEachRow' };
  return {
    columns: Object.keys(first) as [string, ...string[]],
    values: rows.map((row) => Object.values(row)),
    format: 'JSONCompactEachRow',
  };
}
