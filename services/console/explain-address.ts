import type { ClickHouse, Row } from '../../lib/clickhouse/clickhouse.ts';
import type { Predicate } from '../../lib/contracts/generated.ts';
import { signatureSql } from '../../lib/signature/signature-sql.ts';
import { busiestMinutes, campaignsAround, requestsOfIt } from './address-figures.ts';
import { readClock } from './clock.ts';
import { stampParam, withIsoStamps } from './stamps.ts';

/** Is this address blocked, by what, and what did it do? */
export interface AddressExplanation {
  readonly kind: 'address';
  readonly reference: string;
  /** ISO 8601; the moment the answer is about. null: nothing archived yet. */
  readonly clock_at: string | null;
  /**
   * `blocked`: a decision that enforces covers the address itself. `selected`: its requests are covered by a signature,
   * network or country in force. `simulated`: only by decisions that do not enforce. `free`: by nothing.
   */
  readonly state: 'blocked' | 'selected' | 'simulated' | 'free';
  readonly decisions: readonly (Row & { readonly selected_requests: number | null })[];
  readonly past_decisions: readonly Row[];
  readonly verdicts: readonly Row[];
  readonly edge_actions: readonly Row[];
  /** Campaigns about endpoints that it used while they lasted. */
  readonly campaigns_around: readonly Row[];
  /** The minutes in which it stood out most, by figures of policies on clients. */
  readonly busiest_minutes: readonly Row[];
  /** Of the last 24 hours before the clock. null: none archived under this address. */
  readonly activity: Row | null;
}

const dayMs = 86_400_000;
const stops = new Set(['block', 'challenge', 'rate_limit']);

export async function explainAddress(clickhouse: ClickHouse, ip: string): Promise<AddressExplanation> {
  const clock = await readClock(clickhouse, Date.now());
  const at = clock.at ?? Date.now();
  const range = { ip, from: stampParam(at - dayMs), until: stampParam(at + 1) };
  const [activity] = await clickhouse.query(
    `SELECT count() AS requests, countIf(outcome = 'failure') AS failures, countIf(outcome = 'success') AS successes,
            countIf(edge_action IN ('block', 'challenge', 'rate_limit')) AS stopped,
            min(timestamp) AS first_seen, max(timestamp) AS last_seen, topK(5)(endpoint) AS endpoints,
            uniqExact(session_id) AS sessions, uniqExact(account_id) AS accounts, uniqExact(user_agent) AS user_agents,
            any(country) AS country, any(asn) AS asn, any(as_org) AS as_org, any(network_class) AS network_class,
            any(proxy_operator) AS proxy_operator
     FROM ${requestsOfIt}`,
    range,
  );
  const seen = Number(activity?.['requests'] ?? 0) > 0;
  const candidates = await clickhouse.query(
    `SELECT decision_id, target_kind, target_value, target_predicates, target_except_good, action, mode, state, level,
            reason, decided_at, expires_at, times, causes
     FROM decisions
     WHERE state = 'active' AND expires_at > {clock:DateTime64(3, 'UTC')}
       AND ((target_kind = 'ip' AND target_value = {ip:String})
         OR (target_kind = 'cidr' AND isIPAddressInRange({ip:String}, target_value))
         OR (target_kind = 'asn' AND target_value = {asn:String})
         OR (target_kind = 'country' AND target_value = {country:String})
         OR target_kind = 'signature')
     ORDER BY target_kind = 'ip' DESC, decisions.decided_at DESC
     LIMIT 200`,
    {
      ip,
      clock: stampParam(at),
      asn: String(activity?.['asn'] ?? ''),
      country: String(activity?.['country'] ?? ''),
    },
  );
  const decisions: (Row & { readonly selected_requests: number | null })[] = [];
  for (const candidate of candidates) {
    const { target_predicates: predicates, ...decision } = candidate;
    if (decision['target_kind'] !== 'signature') {
      decisions.push({ ...decision, selected_requests: null });
      continue;
    }
    const condition = seen ? signatureSql(predicates as readonly Predicate[], 's') : null;
    if (condition === null) continue;
    const [counted] = await clickhouse.query<{ n: number }>(
      `SELECT countIf(${condition.sql}) AS n FROM ${requestsOfIt}`,
      { ...range, ...condition.params },
    );
    if (Number(counted?.n ?? 0) > 0) decisions.push({ ...decision, selected_requests: Number(counted!.n) });
  }
  const past = await clickhouse.query(
    `SELECT decision_id, action, mode, state, reason, decided_at, expires_at, times FROM decisions
     WHERE target_kind = 'ip' AND target_value = {ip:String}
       AND (state != 'active' OR expires_at <= {clock:DateTime64(3, 'UTC')})
     ORDER BY decisions.decided_at DESC LIMIT 10`,
    { ip, clock: stampParam(at) },
  );
  const verdicts = await clickhouse.query(
    `SELECT verdict_id, policy_id, policy_title, level, mode, campaign_id, decided_at, until_at, reason, evidence
     FROM verdicts WHERE target_kind = 'ip' AND target_value = {ip:String} ORDER BY verdicts.decided_at DESC LIMIT 10`,
    { ip },
  );
  const edgeActions = await clickhouse.query(
    'SELECT * FROM edge_actions WHERE decision_id IN {ids:Array(String)} ORDER BY edge_actions.at DESC LIMIT 20',
    { ids: decisions.map((decision) => decision['decision_id']) },
  );
  const campaigns = seen ? await campaignsAround(clickhouse, range) : [];
  const busiest = seen ? await busiestMinutes(clickhouse, range) : [];
  const enforcing = decisions.filter(
    (decision) => decision['mode'] === 'enforce' && stops.has(String(decision['action'])),
  );
  return withIsoStamps({
    kind: 'address',
    reference: ip,
    clock_at: clock.at === null ? null : new Date(clock.at).toISOString(),
    state: enforcing.some((decision) => ['ip', 'cidr'].includes(String(decision['target_kind'])))
      ? 'blocked'
      : enforcing.length > 0
        ? 'selected'
        : decisions.length > 0
          ? 'simulated'
          : 'free',
    decisions,
    past_decisions: past,
    verdicts,
    edge_actions: edgeActions,
    campaigns_around: campaigns,
    busiest_minutes: busiest,
    activity: seen ? (activity ?? null) : null,
  });
}
