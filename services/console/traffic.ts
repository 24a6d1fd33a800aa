import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import type { Predicate } from '../../lib/contracts/generated.ts';
import { signatureSql } from '../../lib/signature/signature-sql.ts';
import type { Clock } from './clock.ts';
import { stampParam } from './stamps.ts';

/** What became of the requests of one step of time. The five counts add up to all requests. */
export interface TrafficPoint {
  /** Start of the step, epoch ms. */
  readonly at: number;
  readonly success: number;
  readonly failure: number;
  readonly unknown: number;
  /** Stopped at an edge, as the source of the traffic reports it. */
  readonly stopped: number;
  /** Not stopped, but selected by a decision in force at that time (dry run, simulated, or not yet at the edge). */
  readonly selected: number;
}

export interface Traffic {
  readonly clock_at: number | null;
  readonly live: boolean;
  readonly from: number;
  readonly until: number;
  readonly step_ms: number;
  readonly points: readonly TrafficPoint[];
  readonly totals: Omit<TrafficPoint, 'at'>;
}

const stopping = "('block', 'challenge', 'rate_limit')";
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((seconds) => seconds * 1000);
/** Above this the roll-up is read, which does not know what decisions select. */
const rawUpToMs = 6 * 3_600_000;
const signaturesAtMost = 40;

/** About 180 steps, of a length that people count in. */
function stepFor(rangeMs: number): number {
  return steps.find((step) => rangeMs / step <= 180) ?? 3_600_000;
}

interface SignatureDecision {
  readonly target_predicates: readonly Predicate[];
  readonly from: number;
  readonly until: number;
}

/** A condition on `requests` (joined with `listed`) that holds for what a decision in force selects. */
async function selectedSql(
  clickhouse: ClickHouse,
  range: { readonly from: string; readonly until: string },
): Promise<{
  readonly join: string;
  readonly sql: string;
  readonly params: { readonly [name: string]: unknown };
}> {
  const inRange = `action IN ${stopping} AND expires_at > {from:DateTime64(3, 'UTC')} AND decided_at < {until:DateTime64(3, 'UTC')}`;
  const signatures = await clickhouse.query<SignatureDecision>(
    `SELECT target_predicates, toUnixTimestamp64Milli(decided_at) AS from,
            toUnixTimestamp64Milli(if(state = 'released', updated_at, expires_at)) AS until
     FROM decisions WHERE target_kind = 'signature' AND NOT target_except_good AND ${inRange}
     ORDER BY decisions.decided_at DESC LIMIT ${signaturesAtMost}`,
    range,
  );
  const params: { [name: string]: unknown } = {};
  const parts = ['(listed.until > timestamp AND listed.from <= timestamp)'];
  for (const [index, decision] of signatures.entries()) {
    const condition = signatureSql(decision.target_predicates, `s${index}`);
    if (condition === null) continue;
    Object.assign(params, condition.params, {
      [`from${index}`]: stampParam(decision.from),
      [`until${index}`]: stampParam(decision.until),
    });
    parts.push(
      `(timestamp >= {from${index}:DateTime64(3, 'UTC')} AND timestamp < {until${index}:DateTime64(3, 'UTC')} AND ${condition.sql})`,
    );
  }
  return {
    join: `LEFT ANY JOIN (
      SELECT toIPv6OrDefault(target_value) AS ip, min(decided_at) AS from,
             max(if(state = 'released', updated_at, expires_at)) AS until
      FROM decisions WHERE target_kind = 'ip' AND ${inRange} GROUP BY ip
    ) AS listed ON listed.ip = requests.client_ip`,
    sql: `(${parts.join(' OR ')})`,
    params,
  };
}

/** Traffic of the last `rangeMs` before the clock, by what became of it. Empty steps are filled in with zeros. */
export async function readTraffic(
  clickhouse: ClickHouse,
  clock: Clock,
  options: { readonly rangeMs: number; readonly site?: string | undefined },
): Promise<Traffic> {
  const raw = options.rangeMs <= rawUpToMs;
  const stepMs = raw ? stepFor(options.rangeMs) : Math.max(60_000, stepFor(options.rangeMs));
  const until = Math.ceil(((clock.at ?? 0) + 1) / stepMs) * stepMs;
  const from = Math.floor((until - options.rangeMs) / stepMs) * stepMs;
  const totals = { success: 0, failure: 0, unknown: 0, stopped: 0, selected: 0 };
  const points: TrafficPoint[] = [];
  if (clock.at !== null) {
    const range = { from: stampParam(from), until: stampParam(until) };
    const bySite = options.site === undefined ? '' : 'AND site = {site:String}';
    const site = options.site === undefined ? {} : { site: options.site };
    const rows = await (raw ? rawCounts() : rolledUp());
    const byStep = new Map(rows.map((row) => [Number(row.at), row]));
    for (let at = from; at < until; at += stepMs) {
      const row = byStep.get(at);
      const point: TrafficPoint = {
        at,
        success: Number(row?.success ?? 0),
        failure: Number(row?.failure ?? 0),
        unknown: Number(row?.unknown ?? 0),
        stopped: Number(row?.stopped ?? 0),
        selected: Number(row?.selected ?? 0),
      };
      points.push(point);
      for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += point[name];
    }

    async function rawCounts(): Promise<readonly TrafficPoint[]> {
      const selected = await selectedSql(clickhouse, range);
      return clickhouse.query<TrafficPoint>(
        `SELECT intDiv(toUnixTimestamp64Milli(timestamp), {step:Int64}) * {step:Int64} AS at,
                countIf(fate = 1) AS stopped, countIf(fate = 2) AS selected,
                countIf(fate = 0 AND outcome = 'success') AS success,
                countIf(fate = 0 AND outcome = 'failure') AS failure,
                countIf(fate = 0 AND outcome NOT IN ('success', 'failure')) AS unknown
         FROM (
           SELECT timestamp, outcome,
                  multiIf(ifNull(edge_action IN ${stopping}, 0), 1, ${selected.sql}, 2, 0) AS fate
           FROM requests ${selected.join}
           WHERE timestamp >= {from:DateTime64(3, 'UTC')} AND timestamp < {until:DateTime64(3, 'UTC')} ${bySite}
         )
         GROUP BY at`,
        { ...range, ...site, ...selected.params, step: stepMs },
      );
    }

    function rolledUp(): Promise<readonly TrafficPoint[]> {
      return clickhouse.query<TrafficPoint>(
        `SELECT intDiv(toUnixTimestamp(minute) * 1000, {step:Int64}) * {step:Int64} AS at,
                sum(traffic_minutes.stopped) AS stopped, 0 AS selected,
                sum(successes - stopped_successes) AS success, sum(failures - stopped_failures) AS failure,
                sum(requests - successes - failures - (traffic_minutes.stopped - stopped_successes - stopped_failures)) AS unknown
         FROM traffic_minutes
         WHERE minute >= {from:DateTime64(3, 'UTC')} AND minute < {until:DateTime64(3, 'UTC')} ${bySite}
         GROUP BY at`,
        { ...range, ...site, step: stepMs },
      );
    }
  }
  return { clock_at: clock.at, live: clock.live, from, until, step_ms: stepMs, points, totals };
}
