import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { openClickHouse } from '../lib/clickhouse/clickhouse.ts';
import { type Explanation, explain } from '../services/console/explain.ts';
import { runQuery } from '../services/console/query.ts';
import { loadRootConfig } from './config.ts';
import { configFileOption } from './config-command.ts';
import { ExitError } from './exit-error.ts';
import { findPlaces } from './places.ts';
import { findRunning } from './running.ts';

type Row = { readonly [column: string]: unknown };

/** Read access to what was archived: through a running instance where one holds the embedded store, else directly. */
export interface Store {
  readonly description: string;
  query(sql: string): Promise<readonly Row[]>;
  explain(reference: string): Promise<Explanation | null>;
  close(): Promise<void>;
}

async function request<T>(url: string, init?: RequestInit): Promise<T | null> {
  const response = await fetch(url, init);
  if (response.status === 404) return null;
  const body = (await response.json()) as T & { message?: string; detail?: string };
  if (!response.ok) throw new ExitError(1, body.detail ?? body.message ?? `${url}: HTTP ${response.status}`);
  return body;
}

function remoteStore(url: string): Store {
  return {
    description: `the running instance at ${url}`,
    query: async (sql) =>
      (await request<{ rows: Row[] }>(`${url}/api/v1/sql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sql }),
      }))!.rows,
    explain: (reference) => request<Explanation>(`${url}/api/v1/explain/${encodeURIComponent(reference)}`),
    close: async () => {},
  };
}

/** `--state DIR`, else data_dir, else the XDG state folder, else ./.demo left by the demo. */
export function stateFolderOf(command: Command, configured: string | undefined): string {
  const asked = command.optsWithGlobals()['state'] as string | undefined;
  if (asked !== undefined) return resolve(asked);
  const state = configured ?? findPlaces(process.env).state;
  if (findRunning(state) !== null || existsSync(join(state, 'clickhouse'))) return state;
  return existsSync('.demo/clickhouse') || findRunning('.demo') !== null ? resolve('.demo') : state;
}

export async function openStore(command: Command): Promise<Store> {
  const { config } = loadRootConfig(configFileOption(command), process.env);
  const stateFolder = stateFolderOf(command, config.data_dir);
  const running = findRunning(stateFolder);
  if (running !== null) return remoteStore(running.consoleUrl);
  if (config.clickhouse.url === undefined && !existsSync(join(stateFolder, 'clickhouse'))) {
    throw new ExitError(
      3,
      `nothing archived yet in ${stateFolder} (run tidegate up or npm run demo, or give --state DIR)`,
    );
  }
  const clickhouse = await openClickHouse(config.clickhouse, { dataDir: join(stateFolder, 'clickhouse') });
  return {
    description: clickhouse.description,
    query: (sql) => runQuery(clickhouse, sql),
    explain: (reference) => explain(clickhouse, reference),
    close: () => clickhouse.close(),
  };
}
