import type { ClickHouse, Row } from '../../lib/clickhouse/clickhouse.ts';
import { formatIp, parseIp } from '../../lib/ip.ts';
import { type AddressExplanation, explainAddress } from './explain-address.ts';
import { withIsoStamps } from './stamps.ts';

export { renderExplanation } from './explain-text.ts';

/** Why something was stopped, or not. Rows are as in ClickHouse, stamps ISO 8601. */
export type Explanation =
  | {
      readonly kind: 'verdict' | 'campaign' | 'decision';
      readonly reference: string;
      readonly verdicts: readonly Row[];
      readonly campaigns: readonly Row[];
      readonly decisions: readonly Row[];
      readonly edge_actions: readonly Row[];
      /** The requests named as samples, as far as they are still kept. */
      readonly samples: readonly Row[];
    }
  | AddressExplanation
  | {
      readonly kind: 'event';
      readonly reference: string;
      readonly request: Row;
      readonly address: AddressExplanation;
    }
  /** The beginning of several ids. */
  | { readonly kind: 'ambiguous'; readonly reference: string; readonly candidates: readonly string[] };

const tables = {
  vrd_: ['verdicts', 'verdict_id', 'verdict'],
  cmp_: ['campaigns', 'campaign_id', 'campaign'],
  dec_: ['decisions', 'decision_id', 'decision'],
} as const;

const listLimit = 50;

/**
 * Explains an id (`vrd_`, `cmp_`, `dec_`, `evt_`, or an unambiguous beginning of one) or an address. null: nothing is
 * known by this reference.
 */
export async function explain(clickhouse: ClickHouse, reference: string): Promise<Explanation | null> {
  const text = reference.trim();
  const ip = parseIp(text);
  if (ip !== null) return explainAddress(clickhouse, formatIp(ip));
  if (text.startsWith('evt_')) return explainEvent(clickhouse, text);
  const table = tables[text.slice(0, 4) as keyof typeof tables];
  if (table === undefined) return null;
  const [view, column, kind] = table;
  const found = await clickhouse.query<{ id: string }>(
    `SELECT ${column} AS id FROM ${view} WHERE startsWith(${column}, {prefix:String}) ORDER BY id = {prefix:String} DESC, id LIMIT 20`,
    { prefix: text },
  );
  const id = found[0]?.id;
  if (id === undefined) return null;
  if (id !== text && found.length > 1)
    return { kind: 'ambiguous', reference: text, candidates: found.map((row) => row.id) };
  return explainFinding(clickhouse, kind, id);
}

async function explainFinding(
  clickhouse: ClickHouse,
  kind: 'verdict' | 'campaign' | 'decision',
  id: string,
): Promise<Explanation> {
  const rows = async (sql: string, params: { readonly [name: string]: unknown }): Promise<readonly Row[]> =>
    withIsoStamps(await clickhouse.query(`${sql} LIMIT ${listLimit}`, params));
  const unique = (values: readonly unknown[]): string[] => [
    ...new Set(values.filter((value): value is string => typeof value === 'string' && value !== '')),
  ];

  let decisions =
    kind === 'decision' ? await rows('SELECT * FROM decisions WHERE decision_id = {id:String}', { id }) : [];
  const causes = decisions.flatMap(
    (decision) =>
      decision['causes'] as readonly {
        readonly kind: string;
        readonly id: string;
        readonly campaign_id: string | null;
      }[],
  );
  const verdicts =
    kind === 'verdict'
      ? await rows('SELECT * FROM verdicts WHERE verdict_id = {id:String}', { id })
      : kind === 'campaign'
        ? await rows('SELECT * FROM verdicts WHERE campaign_id = {id:String} ORDER BY verdicts.decided_at', {
            id,
          })
        : await rows('SELECT * FROM verdicts WHERE verdict_id IN {ids:Array(String)}', {
            ids: unique(causes.filter((cause) => cause.kind === 'verdict').map((cause) => cause.id)),
          });
  const campaigns = await rows('SELECT * FROM campaigns WHERE campaign_id IN {ids:Array(String)}', {
    ids:
      kind === 'campaign'
        ? [id]
        : unique([
            ...verdicts.map((verdict) => verdict['campaign_id']),
            ...causes.map((cause) => (cause.kind === 'campaign' ? cause.id : cause.campaign_id)),
          ]),
  });
  if (kind !== 'decision')
    decisions = await rows(
      `SELECT * FROM decisions WHERE has(causes.id, {id:String}) OR has(causes.campaign_id, {id:String})
       ORDER BY target_kind = 'signature' DESC, requests DESC`,
      { id },
    );
  const edgeActions = await rows(
    'SELECT * FROM edge_actions WHERE decision_id IN {ids:Array(String)} ORDER BY edge_actions.at DESC',
    { ids: unique(decisions.map((decision) => decision['decision_id'])) },
  );
  const samples = await sampleRequests(
    clickhouse,
    unique([...verdicts, ...campaigns].flatMap((row) => row['sample_event_ids'] as readonly string[])).slice(
      0,
      20,
    ),
  );
  return {
    kind,
    reference: id,
    verdicts,
    campaigns,
    decisions,
    edge_actions: edgeActions,
    samples,
  };
}

const requestColumns = `event_id, timestamp, replaceOne(toString(client_ip), '::ffff:', '') AS client_ip, method, host, path,
  endpoint, status, outcome, user_agent, ja4, country, asn, as_org, network_class, proxy_operator, edge_action,
  topic_partition, topic_offset`;

async function sampleRequests(clickhouse: ClickHouse, ids: readonly string[]): Promise<readonly Row[]> {
  if (ids.length === 0) return [];
  return withIsoStamps(
    await clickhouse.query(
      `SELECT ${requestColumns} FROM requests WHERE event_id IN {ids:Array(String)} ORDER BY timestamp LIMIT 20`,
      { ids },
    ),
  );
}

async function explainEvent(clickhouse: ClickHouse, id: string): Promise<Explanation | null> {
  const [request] = await sampleRequests(clickhouse, [id]);
  if (request === undefined) return null;
  const address = await explainAddress(clickhouse, String(request['client_ip']));
  return { kind: 'event', reference: id, request, address };
}
