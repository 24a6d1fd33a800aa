import type { ClickHouse, Row } from '../../lib/clickhouse/clickhouse.ts';
import { routeKeysSql, scopeKeySql } from './scope-key-sql.ts';

export interface AddressRange {
  readonly ip: string;
  readonly from: string;
  readonly until: string;
}

/** Its requests in the range; parameters are an `AddressRange`. */
export const requestsOfIt = `requests WHERE client_ip = toIPv6({ip:String})
    AND timestamp >= {from:DateTime64(3, 'UTC')} AND timestamp < {until:DateTime64(3, 'UTC')}`;

/** The answer says no. */
const refused = "(outcome = 'failure' OR (outcome = 'unknown' AND status IN (400, 401, 403, 422)))";

/** It was let in, as far as one answer tells. */
const letIn = "(outcome = 'success' OR (outcome = 'unknown' AND status IN (302, 303)))";

/**
 * The three calendar minutes in which an address stood out most, with the figures that policies on clients ask for, by
 * their names (services/detector/layout.ts). What the archive cannot tell is not in a row.
 */
export async function busiestMinutes(
  clickhouse: ClickHouse,
  { ip, from, until }: AddressRange,
): Promise<readonly Row[]> {
  return clickhouse.query(
    `SELECT toStartOfMinute(timestamp) AS minute,
            arrayMax(mapValues(sumMap(map(toUnixTimestamp(toStartOfInterval(timestamp, INTERVAL 20 SECOND)), toUInt32(1))))) AS requests_20s,
            count() AS requests_60s,
            countIf(${refused}) AS failing_60s,
            countIf(endpoint_function = 'login' AND ${refused}) AS login_failing_60s,
            countIf(status IN (404, 410)) AS missing_60s,
            countIf(status IS NOT NULL OR outcome != 'unknown') AS known_60s,
            uniqExact(endpoint) AS endpoints_60s,
            uniqExact(endpoint, toString(param_hashes), toString(path_param_hashes)) AS targets_60s,
            uniqExact(ifNull(user_agent, ''), ifNull(ja4, '')) AS agents_60s,
            uniqExact(session_id) AS sessions_60s,
            countIf(endpoint_function = 'login' AND method NOT IN ('GET', 'HEAD') AND ${letIn}) AS let_in,
            greatest(1, agents_60s, let_in, if(requests_60s >= 2 * sessions_60s OR requests_60s < 2 * requests_20s, sessions_60s, 0)) AS visitors_60s,
            countIf(partner_id IS NOT NULL OR api_key_id IS NOT NULL) AS identified_60s,
            toUInt8(countIf(bot = 'verified') > 0) AS verified
     FROM ${requestsOfIt}
     GROUP BY minute
     ORDER BY requests_60s + 10 * failing_60s + 5 * missing_60s DESC, minute
     LIMIT 3`,
    { ip, from, until },
  );
}

/** Campaigns about endpoints that the address used while they lasted, newest first. */
export async function campaignsAround(
  clickhouse: ClickHouse,
  { ip, from, until }: AddressRange,
): Promise<readonly Row[]> {
  return clickhouse.query(
    `WITH used AS (
       SELECT arrayJoin(arrayPushFront(${routeKeysSql}, ${scopeKeySql})) AS key,
              min(timestamp) AS first_at, max(timestamp) AS last_at, count() AS requests
       FROM ${requestsOfIt} GROUP BY key
     )
     SELECT campaign_id, title, level, mode, state, opened_at, closed_at, applied_action, reason, used.key AS scope,
            used.requests AS requests
     FROM (SELECT *, arrayJoin(scopes.key) AS scope_key FROM campaigns) AS one
     INNER JOIN used ON used.key = one.scope_key
     WHERE one.opened_at <= used.last_at AND (one.closed_at IS NULL OR one.closed_at >= used.first_at)
     ORDER BY one.opened_at DESC LIMIT 5`,
    { ip, from, until },
  );
}
