import type { ClickHouse, QueryParams } from '../../../lib/clickhouse/clickhouse.ts';
import { type Network, parseIp, parseNetwork } from '../../../lib/ip.ts';
import type { Logger } from '../../../lib/observability/logger.ts';
import { signatureSql } from '../../../lib/signature/signature-sql.ts';
import type { Entry } from '../edge.ts';
import { isAddress } from '../entry-name.ts';

/** Recent requests of good clients: what a change at an edge is held against before it is made. */
export interface GoodTraffic {
  /** Good requests of the window; null: they can not be read now. */
  requests(): number | null;
  /** How many of them the entry selects; null: not known (yet). Asks for it where it must, and tells by `onChange`. */
  hits(entry: Entry): number | null;
  /** Whether recent requests say what an edge did with them; null: not known. */
  seesStopped(): boolean | null;
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

export interface GoodTrafficConfig {
  readonly windowMs: number;
  readonly refreshMs: number;
  /** Most good clients that are kept in memory, the busiest first. */
  readonly maxClients: number;
}

/**
 * Clients that did over a while what an attacker would have to pay for: several endpoints, over half an hour or more,
 * more often successful than not, stopped never. Whoever is listed already has stopped sending, and so drops out.
 */
const goodClientsSql = `SELECT client_ip, count() AS requests
FROM requests
WHERE timestamp > fromUnixTimestamp64Milli({since:Int64})
GROUP BY client_ip
HAVING uniq(endpoint) >= 3
    AND countIf(outcome = 'success') >= 3
    AND countIf(outcome = 'failure') <= countIf(outcome = 'success')
    AND countIf(edge_action IN ('block', 'challenge', 'rate_limit')) = 0
    AND dateDiff('second', min(timestamp), max(timestamp)) >= 1800`;

export function openGoodTraffic(
  clickhouse: Pick<ClickHouse, 'query'>,
  config: GoodTrafficConfig,
  { now, logger }: { readonly now: () => number; readonly logger: Logger },
): GoodTraffic {
  const listeners: (() => void)[] = [];
  let sample: Sample | null = null;
  let failed = false;
  let sees: boolean | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> = Promise.resolve();
  let rules = new Map<string, number | null>();
  let closed = false;
  const tell = (): void => {
    if (!closed) for (const listener of listeners) listener();
  };
  const since = (): QueryParams => ({ since: Math.floor(now() - config.windowMs) });
  const ask = (work: () => Promise<void>): void => {
    asking = asking.then(async () => {
      if (closed) return;
      const before = failed;
      try {
        await work();
        failed = false;
      } catch (error) {
        failed = true;
        if (!before)
          logger.warn(
            { error: error instanceof Error ? error.message : String(error) },
            'good traffic can not be read: wide new blocks wait',
          );
      }
      if (failed !== before || !failed) tell();
    });
  };
  const refresh = (): void => {
    if (now() - askedAt < config.refreshMs) return;
    askedAt = now();
    ask(async () => {
      const rows = await clickhouse.query<{ client_ip: string; requests: number | string }>(
        `${goodClientsSql} ORDER BY requests DESC, client_ip LIMIT ${config.maxClients}`,
        since(),
      );
      sample = createSample(rows.map((row) => [parseIp(row.client_ip)!, Number(row.requests)] as const));
      rules = new Map();
      const [told] = await clickhouse.query<{ told: number | string }>(
        'SELECT count() AS told FROM requests WHERE timestamp > fromUnixTimestamp64Milli({since:Int64}) AND edge_action IS NOT NULL',
        since(),
      );
      sees = Number(told?.told ?? 0) > 0;
    });
  };
  const askRule = (entry: Entry): void => {
    rules.set(entry.key, null);
    const condition = conditionOf(entry);
    if (condition === null) {
      rules.set(entry.key, 0);
      return;
    }
    ask(async () => {
      const [row] = await clickhouse.query<{ hits: number | string }>(
        `SELECT count() AS hits FROM requests
WHERE timestamp > fromUnixTimestamp64Milli({since:Int64}) AND ${condition.sql}
  AND client_ip IN (SELECT client_ip FROM (${goodClientsSql}))`,
        { ...since(), ...condition.params },
      );
      rules.set(entry.key, Number(row?.hits ?? 0));
    });
  };
  const counted = new WeakMap<Entry, { readonly of: Sample; readonly hits: number }>();

  return {
    requests() {
      refresh();
      return failed ? null : (sample?.requests ?? null);
    },
    hits(entry) {
      refresh();
      if (failed || sample === null) return null;
      if (isAddress(entry)) {
        const known = counted.get(entry);
        if (known?.of === sample) return known.hits;
        const hits = sample.within(parseNetwork(entry.value)!);
        counted.set(entry, { of: sample, hits });
        return hits;
      }
      if (!rules.has(entry.key)) askRule(entry);
      return rules.get(entry.key) ?? null;
    },
    seesStopped() {
      refresh();
      return failed ? null : sees;
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
    async close() {
      closed = true;
      await asking;
    },
  };
}

const columns: { readonly [kind: string]: readonly [column: string, type: string] } = {
  asn: ['asn', 'UInt32'],
  country: ['country', 'String'],
  ja3: ['ja3', 'String'],
  ja4: ['ja4', 'String'],
  session: ['session_id', 'String'],
  account: ['account_id', 'String'],
  api_key: ['api_key_id', 'String'],
};

/** The rows of `requests` that a rule selects; null: none of a good client, or they can not be told. */
function conditionOf(entry: Entry): { readonly sql: string; readonly params: QueryParams } | null {
  const column = columns[entry.kind];
  if (column !== undefined)
    return {
      sql: `ifNull(${column[0]} = {value:${column[1]}}, 0)`,
      params: { value: entry.kind === 'asn' ? Number(entry.value) : entry.value },
    };
  const { signature } = entry.target;
  // "Everyone but the good" spares the good by itself.
  if (signature === null || signature.except_good) return null;
  return signatureSql(signature.predicates, 'p');
}

interface Sample {
  readonly requests: number;
  within(network: Network): number;
}

/** Addresses with their requests, in order, with running sums: a network is a range of them. */
export function createSample(clients: readonly (readonly [address: Buffer, requests: number])[]): Sample {
  const sorted = [...clients].sort(([a], [b]) => Buffer.compare(a, b));
  const sums = new Float64Array(sorted.length + 1);
  for (const [index, [, requests]] of sorted.entries()) sums[index + 1] = sums[index]! + requests;
  /** Index of the first address that is not before `address`. */
  const from = (address: Buffer, inclusive: boolean): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = Buffer.compare(sorted[middle]![0], address);
      if (order < 0 || (order === 0 && !inclusive)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    requests: sums[sorted.length]!,
    within({ address, prefix }) {
      const last = Buffer.from(address);
      for (let bit = prefix; bit < 128; bit++) last[bit >> 3] = last[bit >> 3]! | (0x80 >> (bit & 7));
      return sums[from(last, false)]! - sums[from(address, true)]!;
    },
  };
}
