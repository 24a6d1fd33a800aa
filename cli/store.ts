import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { openClickHouse } from '../lib/clickhouse/clickhouse.ts';
import { campaignAccounts, campaignSamples, campaignSavings } from '../services/console/campaign-details.ts';
import { readClock } from '../services/console/clock.ts';
import { type Explanation, explain } from '../services/console/explain.ts';
import { readCampaign } from '../services/console/findings.ts';
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
  /** A campaign with what was asked for; null: there is none of that id. */
  campaign(
    id: string,
    wanted: { readonly accounts: boolean; readonly samples: number },
  ): Promise<CampaignFound | null>;
  close(): Promise<void>;
}

export interface CampaignFound {
  readonly campaign: Row;
  readonly decisions: readonly Row[];
  readonly savings: Row | null;
  readonly accounts: readonly Row[];
  readonly samples: readonly Row[];
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
    async campaign(id, { accounts, samples }) {
      const at = `${url}/api/v1/campaigns/${encodeURIComponent(id)}`;
      const found = await request<Omit<CampaignFound, 'accounts' | 'samples'>>(at);
      if (found === null) return null;
      const more = async (name: string, limit: number): Promise<readonly Row[]> =>
        (await request<{ [name: string]: Row[] }>(`${at}/${name}?limit=${limit}`))?.[name] ?? [];
      return {
        ...found,
        accounts: accounts ? await more('accounts', 5000) : [],
        samples: samples > 0 ? await more('samples', samples) : [],
      };
    },
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
    async campaign(id, { accounts, samples }) {
      const found = await readCampaign(clickhouse, await readClock(clickhouse, Date.now()), id);
      if (found === null) return null;
      return {
        campaign: found.campaign,
        decisions: found.decisions,
        savings: (await campaignSavings(clickhouse, found.campaign, config.costs)) as Row | null,
        accounts: accounts ? await campaignAccounts(clickhouse, id, 5000) : [],
        samples: samples > 0 ? await campaignSamples(clickhouse, id, samples) : [],
      };
    },
    close: () => clickhouse.close(),
  };
}
