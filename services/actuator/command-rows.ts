import type { Command } from '../../lib/contracts/generated.ts';

/** The newest archived command about each whom to spare, as `commandFromRow` takes them. */
export const allowCommandsSql = `SELECT command_id, kind, site, target_kind, target_value, scope, reason, who,
       toUnixTimestamp64Milli(at) AS at_ms, toUnixTimestamp64Milli(until_at) AS until_ms
FROM commands WHERE kind IN ('allow', 'disallow')
ORDER BY at DESC LIMIT 1 BY site, target_kind, target_value LIMIT 10000`;

/** A command as the table `commands` has it. */
export function commandFromRow(row: { readonly [column: string]: unknown }): Command {
  const text = (column: string): string => String(row[column]);
  const orNull = (column: string): string | null => (row[column] == null ? null : String(row[column]));
  const kind = orNull('target_kind');
  return {
    command_id: text('command_id'),
    kind: text('kind'),
    site: text('site'),
    target: kind === null ? null : { kind, value: text('target_value'), signature: null },
    decision_id: null,
    action: null,
    scope: orNull('scope'),
    reason: text('reason'),
    who: text('who'),
    at: Number(row['at_ms']),
    until_at: row['until_ms'] == null ? null : Number(row['until_ms']),
    edge: null,
  };
}
