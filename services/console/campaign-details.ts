import type { ClickHouse, Row } from '../../lib/clickhouse/clickhouse.ts';
import type { Predicate } from '../../lib/contracts/generated.ts';
import type { SqlCondition } from '../../lib/signature/signature-sql.ts';
import { scopesSql } from './campaign-scope-sql.ts';
import { campaignSql } from './campaign-sql.ts';
import { stampParam, withIsoStamps } from './stamps.ts';

/** What serving a request costs, as the owner configured it. */
export interface Costs {
  readonly per_request: number;
  readonly currency: string;
}

/** What was kept from the site in a campaign, a row an endpoint. */
export interface Savings {
  /**
   * `edge_logs`: the edge said of its requests what it did. `estimated`: it did not, so everything that the campaign's
   * signatures select after its first enforced decision counts as stopped, which is too much where an edge was late.
   */
  readonly basis: 'edge_logs' | 'estimated';
  readonly requests: number;
  /** Bytes not sent: requests stopped at the endpoint times what answers there usually weigh. */
  readonly bytes: number;
  readonly amount: number;
  readonly currency: string;
  readonly endpoints: readonly {
    readonly endpoint: string;
    readonly requests: number;
    readonly bytes: number;
  }[];
}

interface CampaignRow {
  readonly site: string;
  readonly opened_at: string;
  readonly closed_at: string | null;
  readonly scopes: readonly { readonly kind: string; readonly key: string }[];
  readonly signatures: readonly { readonly predicates: readonly Predicate[] }[];
}

/** The requests that a campaign's signatures select while it is open; null: they select nothing that can be told. */
function selectionOf(campaign: CampaignRow): SqlCondition | null {
  return whileOpen(campaign, campaignSql(campaign.signatures));
}

function whileOpen(campaign: CampaignRow, selected: SqlCondition | null): SqlCondition | null {
  if (selected === null) return null;
  const until = campaign.closed_at === null ? 'true' : "timestamp <= {until:DateTime64(3, 'UTC')}";
  return {
    sql: `site = {site:String} AND timestamp >= {from:DateTime64(3, 'UTC')} AND ${until}
  AND ${selected.sql}`,
    params: {
      ...selected.params,
      site: campaign.site,
      from: stampParam(Date.parse(campaign.opened_at)),
      ...(campaign.closed_at === null ? {} : { until: stampParam(Date.parse(campaign.closed_at)) }),
    },
  };
}

/**
 * The requests of a campaign. Where no signature tells them from those of people: everything where it went on, people
 * among it.
 */
async function requestsOf(clickhouse: ClickHouse, campaignId: string): Promise<SqlCondition | null> {
  const [campaign] = withIsoStamps(
    await clickhouse.query(
      'SELECT site, opened_at, closed_at, scopes, signatures FROM campaigns WHERE campaign_id = {id:String}',
      { id: campaignId },
    ),
  ) as readonly CampaignRow[];
  if (campaign === undefined) return null;
  return campaign.signatures.length > 0
    ? selectionOf(campaign)
    : whileOpen(campaign, scopesSql(campaign.scopes));
}

/** Accounts that logged in successfully inside the campaign: what a fraud team asks for first. */
export async function campaignAccounts(
  clickhouse: ClickHouse,
  campaignId: string,
  limit: number,
): Promise<readonly Row[]> {
  const selected = await requestsOf(clickhouse, campaignId);
  if (selected === null) return [];
  return withIsoStamps(
    await clickhouse.query(
      `SELECT account_id, count() AS requests, min(timestamp) AS first_at, max(timestamp) AS last_at,
       uniq(client_ip) AS addresses, any(endpoint) AS endpoint
FROM requests
WHERE ${selected.sql} AND outcome = 'success' AND account_id IS NOT NULL AND endpoint_function = 'login'
GROUP BY account_id ORDER BY first_at LIMIT {limit:UInt32}
SETTINGS prefer_column_name_to_alias = 1`,
      { ...selected.params, limit },
    ),
  );
}

/** Requests of the campaign, spread over all of it. */
export async function campaignSamples(
  clickhouse: ClickHouse,
  campaignId: string,
  limit: number,
): Promise<readonly Row[]> {
  const selected = await requestsOf(clickhouse, campaignId);
  if (selected === null) return [];
  return withIsoStamps(
    await clickhouse.query(
      `SELECT event_id, timestamp, client_ip, method, host, path, status, outcome, user_agent, country, asn, edge_action
FROM requests WHERE ${selected.sql} ORDER BY cityHash64(event_id) LIMIT {limit:UInt32}`,
      { ...selected.params, limit },
    ),
  );
}

/** `campaign`: as `readCampaign` answers it. */
export async function campaignSavings(
  clickhouse: ClickHouse,
  campaign: Row,
  costs: Costs,
): Promise<Savings | null> {
  const selected = selectionOf(campaign as unknown as CampaignRow);
  if (selected === null) return null;
  const [decided] = await clickhouse.query<{ first: number | string }>(
    `SELECT toUnixTimestamp64Milli(min(decided_at)) AS first FROM decisions
WHERE has(causes.campaign_id, {id:String}) AND mode = 'enforce'`,
    { id: campaign['campaign_id'] },
  );
  const firstAt = Number(decided?.first ?? 0);
  const rows = await clickhouse.query<{
    endpoint: string;
    told: number | string;
    stopped: number | string;
    later: number | string;
    bytes: number | string;
  }>(
    `SELECT endpoint, countIf(edge_action IS NOT NULL) AS told,
       countIf(edge_action IN ('block', 'challenge', 'rate_limit')) AS stopped,
       countIf({first:Int64} > 0 AND timestamp >= fromUnixTimestamp64Milli({first:Int64})) AS later,
       ifNull(avgIf(response_bytes, edge_action IS NULL OR edge_action = 'allow'), 0) AS bytes
FROM requests WHERE ${selected.sql} GROUP BY endpoint`,
    { ...selected.params, first: firstAt },
  );
  const isTold = rows.some(({ told }) => Number(told) > 0);
  const endpoints = rows
    .map(({ endpoint, stopped, later, bytes }) => {
      const requests = Number(isTold ? stopped : later);
      return { endpoint, requests, bytes: Math.round(requests * Number(bytes)) };
    })
    .filter(({ requests }) => requests > 0)
    .sort((a, b) => b.requests - a.requests);
  const requests = endpoints.reduce((sum, each) => sum + each.requests, 0);
  return {
    basis: isTold ? 'edge_logs' : 'estimated',
    requests,
    bytes: endpoints.reduce((sum, each) => sum + each.bytes, 0),
    amount: requests * costs.per_request,
    currency: costs.currency,
    endpoints,
  };
}
