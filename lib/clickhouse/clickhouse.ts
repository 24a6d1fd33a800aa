import type { ClickHouseConfig, Retention } from './config.ts';
import { openEmbedded } from './embedded.ts';
import { ClickHouseAbsentError } from './errors.ts';
import { openServer } from './server.ts';

/** A row as JSON: integers beyond 2^53 lose precision, so ask for them as text (`toString(x)`). */
export type Row = { readonly [column: string]: unknown };
export type QueryParams = { readonly [name: string]: unknown };

export interface UntrustedResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly Row[];
  /** There were more rows than the limit. */
  readonly truncated: boolean;
  readonly elapsedMs: number;
}

/**
 * ClickHouse as Tidegate uses it. All methods reject with the client's own error; `failureOf` in errors.ts tells
 * whether the rows, the query or the connection was at fault. Names in SQL need no database prefix.
 */
export interface ClickHouse {
  readonly kind: 'server' | 'embedded' | 'none';
  /** One line for people: where it is, or why there is none. */
  readonly description: string;
  /** How long rows are to be kept; migrations.ts brings the tables in line with it. */
  readonly retention: Retention;
  /** Values belong into `params` as `{name:Type}`, never into the text. */
  query<T extends object = Row>(sql: string, params?: QueryParams): Promise<T[]>;
  /**
   * Runs one statement written by a person: read-only, limited in time, memory and rows. Rejects with
   * `StatementRefusedError` what is not a single reading statement.
   */
  untrusted(sql: string): Promise<UntrustedResult>;
  /**
   * One atomic insert while all rows fall into one partition of the table. The same token within the table's
   * deduplication window is the same insert. `sameShape` promises that all rows have the same fields, in the same
   * order, all of them columns of the table (it makes the insert cheaper).
   */
  insert(
    table: string,
    rows: readonly Row[],
    options: { readonly token: string; readonly sameShape?: boolean },
  ): Promise<void>;
  command(sql: string, params?: QueryParams): Promise<void>;
  /** Waits for what is running. Idempotent. */
  close(): Promise<void>;
}

/**
 * The server at `config.url`, else the embedded engine in `dataDir` (':memory:' for none on disk), else, where chdb is
 * not installed, an absent one that rejects every call with the reason.
 * @throws {ClickHouseLockedError} when another process has the data directory open
 */
export async function openClickHouse(
  config: ClickHouseConfig,
  options: { readonly dataDir: string },
): Promise<ClickHouse> {
  if (config.url !== undefined) return openServer(config, config.url);
  try {
    return await openEmbedded(config, options.dataDir);
  } catch (error) {
    if (error instanceof ClickHouseAbsentError) return absentClickHouse(error.message, config.retention);
    throw error;
  }
}

/** Stands where there is no ClickHouse. */
export function absentClickHouse(reason: string, retention: Retention): ClickHouse {
  const refuse = async (): Promise<never> => {
    throw new ClickHouseAbsentError(reason);
  };
  return {
    kind: 'none',
    description: reason,
    retention,
    query: refuse,
    untrusted: refuse,
    insert: refuse,
    command: refuse,
    close: async () => {},
  };
}
