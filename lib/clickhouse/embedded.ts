import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import type { ClickHouse, QueryParams, Row } from './clickhouse.ts';
import type { ClickHouseConfig } from './config.ts';
import { ClickHouseAbsentError, ClickHouseLockedError } from './errors.ts';
import { insertFormat } from './insert-format.ts';
import { readingStatement } from './statement.ts';
import { type JsonResult, untrustedResult } from './untrusted-result.ts';

type Connect = (options: { path: string }) => NonNullable<Parameters<typeof createClient>[0]>['connection'];

/** chdb is an optional peer (its engine weighs half a gigabyte): absent is an answer, not a crash. */
async function loadEngine(): Promise<Connect> {
  try {
    const engine = (await import('chdb/connection')) as unknown as { createChdbConnection: Connect };
    return engine.createChdbConnection;
  } catch (error) {
    const code = (error as { code?: string }).code;
    const why =
      code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
        ? 'the embedded engine is not installed (npm install chdb)'
        : `the embedded engine does not load here (${(error as Error).message.split('\n')[0]})`;
    throw new ClickHouseAbsentError(`no ClickHouse: no clickhouse.url in the configuration, and ${why}`);
  }
}

export async function isEmbeddedAvailable(): Promise<boolean> {
  return loadEngine().then(
    () => true,
    () => false,
  );
}

/** The engine leaves `PID: 123` in a file it keeps locked. */
function lockOwner(dataDir: string): number | null {
  try {
    const pid = /^PID: (\d+)/m.exec(readFileSync(join(dataDir, 'status'), 'utf8'))?.[1];
    return pid === undefined ? null : Number(pid);
  } catch {
    return null;
  }
}

/**
 * ClickHouse inside this process. It runs on threads of its own and does not block the event loop; it must be opened on
 * the main thread (in a worker the process crashes at exit).
 *
 * A setting given with a statement stays on its connection, so there is one connection for each way of use: writing,
 * reading, and reading on behalf of people, which is limited and locked read-only once and for all.
 */
export async function openEmbedded(config: ClickHouseConfig, dataDir: string): Promise<ClickHouse> {
  const connect = await loadEngine();
  if (dataDir !== ':memory:') mkdirSync(dataDir, { recursive: true });
  const open = (): ClickHouseClient => {
    try {
      return createClient({ connection: connect({ path: dataDir }) });
    } catch (error) {
      const owner = lockOwner(dataDir);
      if (owner !== null && owner !== process.pid) throw new ClickHouseLockedError(dataDir, owner, error);
      throw new Error(`cannot open ClickHouse data in ${dataDir}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
  const writer = open();
  await writer.command({ query: `CREATE DATABASE IF NOT EXISTS ${config.database}` });
  const reader = open();
  const guest = open();
  await writer.command({
    query: `SET input_format_json_throw_on_bad_escape_sequence = 0; USE ${config.database}`,
  });
  await reader.command({ query: `USE ${config.database}` });
  const tableFunctions = (await (
    await reader.query({ query: 'SELECT name FROM system.table_functions', format: 'JSONEachRow' })
  ).json()) as { name: string }[];
  const limits = {
    max_execution_time: Math.max(1, Math.round(config.sql_timeout / 1000)),
    limit: config.sql_max_rows + 1,
    max_memory_usage: config.sql_max_memory_mb * 1_000_000,
  };
  await guest.command({
    query: `USE ${config.database}; ${Object.entries(limits)
      .map(([name, value]) => `SET ${name} = ${value}`)
      .join('; ')}; SET readonly = 1`,
  });

  // Settings and statement travel as one text, but writes must not interleave with the token of another write.
  let writing: Promise<unknown> = Promise.resolve();
  const write = (run: () => Promise<unknown>): Promise<void> => {
    const next = writing.then(run, run);
    writing = next.catch(() => {});
    return next.then(() => {});
  };
  const running = new Set<Promise<unknown>>();
  const track = <T>(promise: Promise<T>): Promise<T> => {
    running.add(promise);
    const forget = (): void => {
      running.delete(promise);
    };
    promise.then(forget, forget);
    return promise;
  };
  let closing: Promise<void> | null = null;

  return {
    kind: 'embedded',
    description: `ClickHouse embedded (chdb), ${dataDir}`,
    retention: config.retention,
    query: <T extends object = Row>(sql: string, params?: QueryParams) =>
      track(
        (async () => {
          const result = await reader.query({
            query: sql,
            format: 'JSONEachRow',
            ...(params ? { query_params: params } : {}),
          });
          return (await result.json()) as T[];
        })(),
      ),
    untrusted: (sql) =>
      track(
        (async () => {
          const started = performance.now();
          const statement = readingStatement(
            sql,
            tableFunctions.map((entry) => entry.name),
          );
          const result = await guest.query({ query: statement, format: 'JSON' });
          const answer = (await result.json()) as JsonResult;
          return untrustedResult(answer, config.sql_max_rows, performance.now() - started);
        })(),
      ),
    insert: (table, rows, { token, sameShape = false }) =>
      track(
        write(() =>
          writer.insert({
            table,
            ...insertFormat(rows, sameShape),
            clickhouse_settings: { insert_deduplication_token: token },
          }),
        ),
      ),
    command: (sql, params) =>
      track(
        write(() =>
          writer.command({
            query: sql,
            // Else the token of the last insert would still stand, and an INSERT ... SELECT be taken for its repeat.
            clickhouse_settings: { insert_deduplication_token: '' },
            ...(params ? { query_params: params } : {}),
          }),
        ),
      ),
    close: () => {
      closing ??= (async () => {
        // Closing a connection under a running statement aborts the engine for the whole process.
        while (running.size > 0) await Promise.allSettled([...running]);
        await Promise.all([writer.close(), reader.close(), guest.close()]);
      })();
      return closing;
    },
  };
}
