import type { ClickHouse, Row } from '../../lib/clickhouse/clickhouse.ts';
import { withIsoStamps } from './stamps.ts';

export const endpointStatuses = ['shadow', 'zombie', 'documented', 'unused', 'unknown'] as const;
export type EndpointStatus = (typeof endpointStatuses)[number];

export interface EndpointList {
  /** Endpoints of each status that occurs. */
  readonly counts: { readonly [status: string]: number };
  readonly endpoints: readonly Row[];
  readonly notices: readonly Row[];
}

/** The API inventory: endpoints of a status (null: all), the busiest first, and the newest notices. */
export async function listEndpoints(
  clickhouse: ClickHouse,
  options: { readonly status: EndpointStatus | null; readonly limit: number },
): Promise<EndpointList> {
  const counted = await clickhouse.query<{ status: string; n: number }>(
    'SELECT status, count() AS n FROM endpoints GROUP BY status',
  );
  const where = options.status === null ? '' : 'WHERE status = {status:String}';
  const endpoints = await clickhouse.query(
    `SELECT endpoint_id, site, host, endpoint, function, status, documentation, first_seen_at, last_seen_at,
            requests, succeeded, failed, missing, clients, client_class, audience, params, analogues
     FROM endpoints ${where}
     ORDER BY requests DESC, host, endpoint
     LIMIT {limit:UInt32}`,
    { limit: options.limit, ...(options.status === null ? {} : { status: options.status }) },
  );
  const notices = await clickhouse.query(
    `SELECT notice_id, at, site, kind, level, host, endpoint, function, endpoints, reason
     FROM endpoint_notices ORDER BY endpoint_notices.at DESC LIMIT 20`,
  );
  return {
    counts: Object.fromEntries(counted.map(({ status, n }) => [status, Number(n)])),
    endpoints: withIsoStamps(endpoints),
    notices: withIsoStamps(notices),
  };
}
