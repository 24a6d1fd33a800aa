import { formatDuration } from '../duration.ts';
import type { ClickHouse } from './clickhouse.ts';
import type { Retention } from './config.ts';

/** Tables whose rows go after a time, and the column that counts. */
const rowRetention: readonly (readonly [table: string, column: string, field: keyof Retention])[] = [
  ['requests', 'timestamp', 'requests'],
  ['verdict_revisions', 'updated_at', 'findings'],
  ['campaign_revisions', 'updated_at', 'findings'],
  ['decision_revisions', 'updated_at', 'findings'],
  ['endpoint_notice_log', 'at', 'findings'],
  ['endpoint_revisions', 'updated_at', 'audit'],
  ['endpoint_alias_log', 'effective_from', 'audit'],
  ['edge_action_log', 'at', 'audit'],
  ['command_log', 'at', 'audit'],
  ['dead_letter_log', 'at', 'dead_letters'],
];

/** What the shipped migrations say; nothing is altered while the configuration says the same. */
const shipped: { readonly [field in keyof Retention]: string } = {
  client_addresses: '14d',
  requests: '90d',
  findings: '180d',
  audit: '400d',
  dead_letters: '7d',
};

const ledger = `CREATE TABLE IF NOT EXISTS retention_applied
(
    field      String,
    duration   String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY field`;

/**
 * Brings the TTLs of the tables in line with the configuration; answers the fields changed now. Existing rows follow
 * in the background merges of ClickHouse.
 */
export async function applyRetention(
  clickhouse: ClickHouse,
  retention: Retention,
): Promise<readonly string[]> {
  await clickhouse.command(ledger);
  const rows = await clickhouse.query<{ field: string; duration: string }>(
    'SELECT field, duration FROM retention_applied FINAL',
  );
  const applied: { [field: string]: string } = { ...shipped };
  for (const row of rows) applied[row.field] = row.duration;
  const changed = (Object.keys(shipped) as (keyof Retention)[]).filter(
    (field) => applied[field] !== formatDuration(retention[field]),
  );
  const seconds = (field: keyof Retention): number => Math.round(retention[field] / 1000);
  for (const field of changed) {
    for (const [table, column, of] of rowRetention) {
      if (of === field)
        await clickhouse.command(
          `ALTER TABLE ${table} MODIFY TTL toDateTime(${column}) + INTERVAL ${seconds(field)} SECOND`,
        );
    }
    if (field === 'client_addresses') {
      const ttl = `TTL toDateTime(timestamp) + INTERVAL ${seconds(field)} SECOND`;
      await clickhouse.command(
        `ALTER TABLE requests MODIFY COLUMN client_ip IPv6 DEFAULT client_network ${ttl}, MODIFY COLUMN end_user_ip Nullable(IPv6) ${ttl}`,
      );
    }
    const duration = formatDuration(retention[field]);
    await clickhouse.insert('retention_applied', [{ field, duration }], {
      token: `retention-${field}-${duration}-${applied[field]}-${Date.now()}`,
    });
  }
  return changed;
}
