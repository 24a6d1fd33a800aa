import { type ClickHouseSettings, createClient } from '@clickhouse/client';
import type { ClickHouse, QueryParams, Row } from './clickhouse.ts';
import type { ClickHouseConfig } from './config.ts';
import { insertFormat } from './insert-format.ts';
import { readingStatement } from './statement.ts';
import { type JsonResult, untrustedResult } from './untrusted-result.ts';

/** A ClickHouse server over HTTP(S). Nothing is sent before the first call, so a server that is away is only lag. */
export function openServer(config: ClickHouseConfig, url: string): ClickHouse {
  const connect = (database: string) =>
    createClient({
      url,
      database,
      username: config.username,
      password: config.password,
      application: 'tidegate',
      request_timeout: config.request_timeout,
      clickhouse_settings: {
        output_format_json_quote_64bit_integers: 0,
        input_format_json_throw_on_bad_escape_sequence: 0,
        // The token names one block in one table; a server default of asynchronous inserts would break that.
        async_insert: 0,
      } as ClickHouseSettings,
    });
  const client = connect(config.database);
  let database: Promise<void> | null = null;
  /** The database is made on first use; a failed attempt is tried again by the next call. */
  const ready = (): Promise<void> => {
    database ??= (async () => {
      const outside = connect('default');
      try {
        await outside.command({ query: `CREATE DATABASE IF NOT EXISTS ${config.database}` });
      } finally {
        await outside.close();
      }
    })().catch((error: unknown) => {
      database = null;
      throw error;
    });
    return database;
  };
  let closing: Promise<void> | null = null;

  return {
    kind: 'server',
    description: `ClickHouse ${new URL(url).host}/${config.database}`,
    retention: config.retention,
    query: async <T extends object = Row>(sql: string, params?: QueryParams) => {
      const result = await client.query({
        query: sql,
        format: 'JSONEachRow',
        ...(params ? { query_params: params } : {}),
      });
      return (await result.json()) as T[];
    },
    untrusted: async (sql) => {
      const started = performance.now();
      // What the user may reach is the server's business (grants); files and other sources are refused here as well.
      const statement = readingStatement(sql, [
        'url',
        'file',
        's3',
        'remote',
        'remoteSecure',
        'mysql',
        'postgresql',
      ]);
      const result = await client.query({
        query: statement,
        format: 'JSON',
        clickhouse_settings: {
          readonly: '1',
          max_execution_time: Math.max(1, Math.round(config.sql_timeout / 1000)),
          limit: String(config.sql_max_rows + 1),
          max_memory_usage: String(config.sql_max_memory_mb * 1_000_000),
        } as ClickHouseSettings,
      });
      const answer = (await result.json()) as JsonResult;
      return untrustedResult(answer, config.sql_max_rows, performance.now() - started);
    },
    insert: async (table, rows, { token, sameShape = false }) => {
      await client.insert({
        table,
        ...insertFormat(rows, sameShape),
        clickhouse_settings: { insert_deduplication_token: token },
      });
    },
    command: async (sql, params) => {
      await ready();
      await client.command({ query: sql, ...(params ? { query_params: params } : {}) });
    },
    close: () => {
      closing ??= client.close();
      return closing;
    },
  };
}
