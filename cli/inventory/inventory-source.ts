import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ApiEndpoint } from '../../lib/contracts/generated.ts';
import type { RootConfig } from '../config.ts';
import { ExitError } from '../exit-error.ts';
import { checkInputs } from '../replay/inspect-inputs.ts';
import { type LineFlags, lineFormat } from '../replay/log-lines.ts';
import { lostLines } from '../replay/lost-lines.ts';
import { readLogs } from '../replay/read-logs.ts';
import { unreadableInput } from '../replay/unreadable-input.ts';
import type { Store } from '../store.ts';
import { byPlace, createSeenEndpoints } from './seen-endpoints.ts';

const stamps = ['first_seen_at', 'established_at', 'last_seen_at', 'updated_at'] as const;

/** What was archived, by the running instance or directly. */
export async function endpointsOfStore(store: Pick<Store, 'query'>): Promise<readonly ApiEndpoint[]> {
  const epoch = stamps.map((name) => `toUnixTimestamp64Milli(e.${name}) AS ${name}_ms`).join(', ');
  const rows = await store.query(
    `SELECT e.* EXCEPT (${stamps.join(', ')}), ${epoch} FROM endpoints AS e ORDER BY e.requests DESC LIMIT 10000`,
  );
  return rows
    .map((row) => {
      const endpoint: { [field: string]: unknown } = { ...row };
      for (const name of stamps) {
        const value = row[`${name}_ms`];
        endpoint[name] = value === null ? null : Number(value);
        delete endpoint[`${name}_ms`];
      }
      return endpoint as unknown as ApiEndpoint;
    })
    .sort(byPlace);
}

/** The first line of a file, when it is an endpoint as `replay --inventory` writes them. */
function asEndpoint(line: string): ApiEndpoint | null {
  try {
    const value = JSON.parse(line) as Partial<ApiEndpoint> | null;
    return typeof value?.endpoint_id === 'string' && typeof value.endpoint === 'string'
      ? (value as ApiEndpoint)
      : null;
  } catch {
    return null;
  }
}

/** The endpoints in a file of `replay --inventory`; null when it is something else. */
async function endpointsOfFile(path: string, signal: AbortSignal): Promise<readonly ApiEndpoint[] | null> {
  // a pipe can be read only once
  if (path === '-' || !statSync(path).isFile()) return null;
  const seen = createSeenEndpoints();
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    signal.throwIfAborted();
    if (line === '') continue;
    number++;
    const value = asEndpoint(line);
    if (value === null && number === 1) return null;
    if (value === null) throw new ExitError(3, `${path}:${number}: is no endpoint`);
    seen.add({ type: 'ApiEndpoint', value });
  }
  return seen.list();
}

/** Runs log files through collector, enricher and detector and keeps what was learned of endpoints. */
async function endpointsOfLogs(
  config: RootConfig,
  files: readonly string[],
  flags: LineFlags,
  signal: AbortSignal,
): Promise<readonly ApiEndpoint[]> {
  const { format, notes } = lineFormat(config, files, flags);
  for (const note of notes) process.stderr.write(`tidegate: ${note}\n`);
  const seen = createSeenEndpoints();
  const { collected, damaged } = await readLogs({
    config,
    policies: [],
    files,
    format,
    service: 'inventory',
    listener: { inventory: (record) => seen.add(record) },
    signal,
  });
  if (collected.accepted === 0) throw unreadableInput({ ...collected, files }, damaged);
  for (const text of [...damaged, ...lostLines(collected)]) process.stderr.write(`tidegate: ${text}\n`);
  return seen.list();
}

/** Endpoints of files: those of `replay --inventory` as they are, everything else is read as logs. */
export async function endpointsOfFiles(
  config: RootConfig,
  files: readonly string[],
  flags: LineFlags,
  signal: AbortSignal,
): Promise<readonly ApiEndpoint[]> {
  checkInputs(files);
  if (files.length === 1) {
    const endpoints = await endpointsOfFile(files[0]!, signal);
    if (endpoints !== null) return endpoints;
  }
  return endpointsOfLogs(config, files, flags, signal);
}
