import type { ClickHouse, Row } from '../../lib/clickhouse/clickhouse.ts';
import type { Predicate } from '../../lib/contracts/generated.ts';
import { scopesSql } from './campaign-scope-sql.ts';
import { campaignSql } from './campaign-sql.ts';
import type { Clock } from './clock.ts';
import { stampParam, withIsoStamps } from './stamps.ts';

/** Campaigns, open ones first, then the newest; without their long fields. */
export async function listCampaigns(clickhouse: ClickHouse, limit: number): Promise<readonly Row[]> {
  return withIsoStamps(
    await clickhouse.query(
      `SELECT campaign_id, revision, site, kind, title, level, mode, state, policy_id, opened_at, closed_at, updated_at,
              applied_action, action, requests, excess, peak_ratio, share, clients, scopes, reason,
              length(signatures) AS signature_versions
       FROM campaigns
       ORDER BY closed_at IS NULL DESC, opened_at DESC
       LIMIT {limit:UInt32}`,
      { limit },
    ),
  );
}

/** One campaign with its decisions and, per step of time, the requests its signatures select beside the rest. */
export async function readCampaign(
  clickhouse: ClickHouse,
  clock: Clock,
  campaignId: string,
): Promise<{
  readonly campaign: Row;
  readonly decisions: readonly Row[];
  readonly timeline: CampaignTimeline;
} | null> {
  const [campaign] = withIsoStamps(
    await clickhouse.query('SELECT * FROM campaigns WHERE campaign_id = {id:String}', { id: campaignId }),
  );
  if (campaign === undefined) return null;
  const decisions = withIsoStamps(
    await clickhouse.query(
      `SELECT decision_id, target_kind, target_value, target_predicates, target_except_good, target_good_after, action, mode, state, decided_at, expires_at, times, reason, requests
       FROM decisions WHERE has(causes.campaign_id, {id:String}) ORDER BY state = 'active' DESC, decided_at DESC LIMIT 200`,
      { id: campaignId },
    ),
  );
  return { campaign, decisions, timeline: await timeline(clickhouse, clock, campaign) };
}

export interface CampaignTimeline {
  readonly step_ms: number;
  readonly points: readonly { readonly at: number; readonly selected: number; readonly rest: number }[];
}

async function timeline(clickhouse: ClickHouse, clock: Clock, campaign: Row): Promise<CampaignTimeline> {
  const opened = Date.parse(String(campaign['opened_at']));
  const closed =
    campaign['closed_at'] === null ? (clock.at ?? opened) : Date.parse(String(campaign['closed_at']));
  const lengthMs = Math.max(60_000, closed - opened);
  const stepMs = Math.max(1000, Math.ceil((lengthMs * 1.6) / 120 / 1000) * 1000);
  const from = Math.floor((opened - lengthMs * 0.3) / stepMs) * stepMs;
  // Nothing is known beyond the clock.
  const until = Math.ceil((Math.min(closed + lengthMs * 0.3, clock.at ?? closed) + 1) / stepMs) * stepMs;
  const signatures = campaign['signatures'] as readonly { readonly predicates: readonly Predicate[] }[];
  const scopes = campaign['scopes'] as readonly { readonly kind: string; readonly key: string }[];
  const selected = campaignSql(signatures);
  const where = scopesSql(scopes);
  const rows = await clickhouse.query<{ at: number; selected: number; rest: number }>(
    `SELECT intDiv(toUnixTimestamp64Milli(timestamp), {step:Int64}) * {step:Int64} AS at,
            countIf(matched) AS selected, countIf(NOT matched) AS rest
     FROM (
       SELECT timestamp, ${selected?.sql ?? 'false'} AS matched
       FROM requests
       WHERE site = {site:String} AND timestamp >= {from:DateTime64(3, 'UTC')} AND timestamp < {until:DateTime64(3, 'UTC')}
       ${where === null ? '' : `AND ${where.sql}`}
     )
     GROUP BY at`,
    {
      ...selected?.params,
      ...where?.params,
      step: stepMs,
      site: campaign['site'],
      from: stampParam(from),
      until: stampParam(until),
    },
  );
  const byStep = new Map(rows.map((row) => [Number(row.at), row]));
  const points = [];
  for (let at = from; at < until; at += stepMs) {
    const row = byStep.get(at);
    points.push({ at, selected: Number(row?.selected ?? 0), rest: Number(row?.rest ?? 0) });
  }
  return { step_ms: stepMs, points };
}

/** Decisions in force at the clock (`current`), or the newest of all. */
export async function listDecisions(
  clickhouse: ClickHouse,
  clock: Clock,
  options: { readonly current: boolean; readonly limit: number },
): Promise<{ readonly clock_at: number | null; readonly total: number; readonly decisions: readonly Row[] }> {
  const where = options.current ? "WHERE state = 'active' AND expires_at > {clock:DateTime64(3, 'UTC')}" : '';
  const params = { clock: stampParam(clock.at ?? 0), limit: options.limit };
  const [counted] = await clickhouse.query<{ n: number }>(
    `SELECT count() AS n FROM decisions ${where}`,
    params,
  );
  const decisions = await clickhouse.query(
    `SELECT decision_id, site, target_kind, target_value, target_predicates, target_except_good, target_good_after, action, mode, state,
            level, reason,
            decided_at, expires_at, updated_at, times, causes, requests
     FROM decisions ${where}
     ORDER BY target_kind = 'signature' DESC, requests DESC, decided_at DESC
     LIMIT {limit:UInt32}`,
    params,
  );
  return { clock_at: clock.at, total: Number(counted?.n ?? 0), decisions: withIsoStamps(decisions) };
}

/** Newest changes at edges, and dead letters by reason in the last day. */
export async function recentEdgeActions(clickhouse: ClickHouse, limit: number): Promise<readonly Row[]> {
  return withIsoStamps(
    await clickhouse.query('SELECT * FROM edge_actions ORDER BY at DESC LIMIT {limit:UInt32}', { limit }),
  );
}

export async function deadLetterCounts(clickhouse: ClickHouse): Promise<readonly Row[]> {
  return withIsoStamps(
    await clickhouse.query(
      `SELECT step, reason, count() AS letters, max(dead_letters.at) AS newest_at, argMax(detail, dead_letters.at) AS example
       FROM dead_letters GROUP BY step, reason ORDER BY letters DESC LIMIT 50`,
    ),
  );
}
