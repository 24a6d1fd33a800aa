import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouse, Row } from '../../lib/clickhouse/clickhouse.ts';
import { failureOf } from '../../lib/clickhouse/errors.ts';
import type { Logger } from '../../lib/observability/logger.ts';
import type { Metrics } from '../../lib/observability/metrics.ts';
import type { Ownership } from './ownership.ts';

/** A row with where it came from: its offset names it in tokens and dead letters. */
export interface PlacedRow {
  readonly row: Row;
  readonly offset: number;
  readonly site: string;
}

export interface InsertRequest {
  readonly table: string;
  /** Prefix of the tokens: with the offsets of first and last row it names the cut. */
  readonly token: string;
  /** See ClickHouse.insert. */
  readonly sameShape?: boolean;
  /** In offset order, all in one partition of the table. */
  readonly rows: readonly PlacedRow[];
  readonly ownership: Patience;
  /** A row that ClickHouse refuses by itself; must be durable when it resolves. */
  refused(row: PlacedRow, reason: string): Promise<void>;
}

export interface Inserter {
  /**
   * Resolves when every row is stored or refused, however long ClickHouse is away. A batch in retry keeps its cut, so
   * that an insert whose answer was lost is recognised by its token. Rejects only when aborted.
   */
  insert(request: InsertRequest): Promise<void>;
  /** Runs anything against ClickHouse with the same patience. */
  patiently<T>(what: string, patience: Patience, run: () => Promise<T>): Promise<T>;
  /** null while ClickHouse answers, else since when (epoch ms) and why not. */
  trouble(): { readonly since: number; readonly message: string } | null;
}

/** How long to go on: until aborted; `confirm`, asked before each retry, may abort. */
export type Patience = Pick<Ownership, 'signal' | 'confirm'>;

const firstPauseMs = 200;
const longestPauseMs = 15_000;

export function createInserter(options: {
  readonly clickhouse: ClickHouse;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now: () => number;
}): Inserter {
  const { clickhouse, logger, metrics, now } = options;
  let trouble: { since: number; message: string } | null = null;

  const attempt = async <T>(what: string, patience: Patience, run: () => Promise<T>): Promise<T> => {
    const { signal } = patience;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      signal.throwIfAborted();
      try {
        const result = await run();
        if (trouble !== null) logger.info({ 'event.action': 'clickhouse-back' }, 'ClickHouse answers again');
        trouble = null;
        return result;
      } catch (error) {
        if (failureOf(error) === 'rows') throw error;
        const message = error instanceof Error ? error.message : String(error);
        if (trouble === null)
          logger.warn(
            { 'event.action': 'clickhouse-away', err: error },
            `${what} failed, trying on: ${message}`,
          );
        trouble = { since: trouble?.since ?? now(), message };
        // Jitter: partitions of one instance must not come back in step.
        await sleep(pauseMs * (0.75 + Math.random() / 2), undefined, { signal, ref: true });
        await patience.confirm();
      }
    }
  };

  const insert = async (request: InsertRequest): Promise<void> => {
    const { rows, table, ownership } = request;
    const first = rows[0];
    const last = rows.at(-1);
    if (first === undefined || last === undefined) return;
    try {
      await attempt(`insert into ${table}`, ownership, () =>
        clickhouse.insert(
          table,
          rows.map((placed) => placed.row),
          {
            token: `${request.token}-${first.offset}-${last.offset}`,
            sameShape: request.sameShape ?? false,
          },
        ),
      );
      metrics.rowsInserted.inc({ table }, rows.length);
    } catch (error) {
      if (failureOf(error) !== 'rows') throw error;
      if (rows.length === 1) {
        await request.refused(first, error instanceof Error ? error.message : String(error));
        return;
      }
      // One bad value refuses the whole insert: halves are tried, in order, until it stands alone.
      const middle = rows.length >> 1;
      await insert({ ...request, rows: rows.slice(0, middle) });
      await insert({ ...request, rows: rows.slice(middle) });
    }
  };
  return { insert, patiently: attempt, trouble: () => trouble };
}
