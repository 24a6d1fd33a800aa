import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import { requestFields } from '../../lib/contracts/request-fields.ts';
import { exampleOf } from '../../lib/path/example-of.ts';

const pageMs = 60_000;

interface Stored {
  readonly path: string;
  readonly param_hashes: { readonly [name: string]: string };
  readonly [column: string]: unknown;
}

const columns = [
  'site',
  'event_id',
  'toUnixTimestamp64Milli(timestamp) AS timestamp',
  'IPv6NumToString(client_ip) AS client_ip',
  'method',
  'host',
  'path',
  'param_hashes',
  'outcome',
  ...requestFields.filter((field) => field !== 'end_user_ip'),
];

/**
 * Writes archived requests as events, in order of time, to a compressed NDJSON file; answers how many. Identifiers were
 * replaced before they were stored, so others of the same shape stand in for them: templates and the number of different
 * values come out the same, the values do not.
 */
export async function writeArchivedEvents(
  clickhouse: ClickHouse,
  range: { readonly from: number; readonly until: number },
  file: string,
  signal?: AbortSignal,
): Promise<number> {
  let count = 0;
  async function* lines(): AsyncGenerator<string> {
    for (let at = range.from; at < range.until; at += pageMs) {
      const rows = await clickhouse.query<Stored>(
        `SELECT ${columns.join(', ')} FROM requests
         WHERE timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND timestamp < fromUnixTimestamp64Milli({until:Int64})
         ORDER BY requests.timestamp, event_id
         SETTINGS prefer_column_name_to_alias = 1`,
        { from: at, until: Math.min(range.until, at + pageMs) },
      );
      count += rows.length;
      for (const row of rows) yield `${JSON.stringify(asEvent(row))}\n`;
    }
  }
  await pipeline(lines, createGzip({ level: 1 }), createWriteStream(file, { mode: 0o600 }), { signal });
  return count;
}

function asEvent({ path, param_hashes: hashes, ...row }: Stored): { readonly [field: string]: unknown } {
  const event: { [field: string]: unknown } = {};
  for (const [name, value] of Object.entries(row)) if (value !== null) event[name] = value;
  event['timestamp'] = Number(row['timestamp']);
  event['path'] = path
    .split('/')
    .map((segment) => exampleOf(segment) ?? segment)
    .join('/');
  const params = Object.entries(hashes);
  if (params.length > 0)
    event['params'] = Object.fromEntries(params.map(([name, hash]) => [name, String(hash)]));
  return event;
}
