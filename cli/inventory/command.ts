import { Command, InvalidArgumentError, Option } from 'commander';
import type { ApiEndpoint } from '../../lib/contracts/generated.ts';
import { type ApiCatalogue, loadApiCatalogue } from '../../lib/path/api-catalogue.ts';
import { guessFunction } from '../../lib/path/endpoint-function.ts';
import { neverCalled } from '../../services/detector/inventory/records.ts';
import { loadRootConfig, type RootConfig } from '../config.ts';
import { configFileOption } from '../config-command.ts';
import { ExitError } from '../exit-error.ts';
import { interruptible } from '../interruptible.ts';
import { append, stateOption } from '../options.ts';
import { outputFormat, renderRows, withOutput } from '../output.ts';
import { type LineFlags, withLineFlags } from '../replay/log-lines.ts';
import { openStore } from '../store.ts';
import { compareDocuments, type UnusedEndpoint } from './compare-documents.ts';
import { draftOpenApi } from './export-openapi.ts';
import { endpointsOfFiles, endpointsOfStore } from './inventory-source.ts';

const statuses = ['documented', 'shadow', 'zombie', 'unused', 'unknown'] as const;
const differences = ['undocumented', 'zombie', 'unused'] as const;
type Difference = (typeof differences)[number];

interface SourceFlags extends LineFlags {
  readonly from?: readonly string[];
  readonly openapi: readonly string[];
}
interface ListFlags extends SourceFlags {
  readonly status?: readonly string[];
  readonly output?: string;
  readonly json?: boolean;
}
interface DiffFlags extends SourceFlags {
  readonly only?: readonly string[];
  readonly exitCode?: boolean;
  readonly output?: string;
  readonly json?: boolean;
}

function listOf(allowed: readonly string[]): (text: string) => readonly string[] {
  return (text) => {
    const values = text.split(',').map((value) => value.trim());
    const wrong = values.find((value) => !allowed.includes(value));
    if (wrong !== undefined) throw new InvalidArgumentError(`one or more of ${allowed.join(', ')}`);
    return values;
  };
}

/** Where endpoints come from: the archive, or files. */
function withSource(command: Command): Command {
  return withLineFlags(
    command
      .option('--from <file...>', 'logs, or a file of replay --inventory, instead of the archive')
      .addOption(
        new Option('--openapi <file>', 'OpenAPI document; may be repeated')
          .argParser(append)
          .default([], 'enricher.openapi'),
      ),
  ).addOption(stateOption());
}

interface Known {
  readonly endpoints: readonly ApiEndpoint[];
  readonly unused: readonly UnusedEndpoint[];
  /** null: no document was given, the endpoints have the status they were archived with. */
  readonly api: ApiCatalogue | null;
}

async function read(flags: SourceFlags, command: Command): Promise<Known> {
  const loaded = loadRootConfig(configFileOption(command), process.env).config;
  const openapi =
    flags.openapi.length === 0
      ? loaded.enricher.openapi
      : flags.openapi.map((file) => ({ file, hosts: [], state: 'current' as const }));
  const config: RootConfig = { ...loaded, enricher: { ...loaded.enricher, openapi } };
  const setting = flags.openapi.length === 0 ? 'enricher.openapi' : '--openapi';
  const api = openapi.length === 0 ? null : loadApiCatalogue(openapi, setting);
  const endpoints = await endpointsOf(flags, config, command);
  if (api === null) return { endpoints, unused: [], api };
  const { called, unused } = compareDocuments(endpoints, api);
  return { endpoints: called, unused, api };
}

async function endpointsOf(
  flags: SourceFlags,
  config: RootConfig,
  command: Command,
): Promise<readonly ApiEndpoint[]> {
  const { from } = flags;
  if (from !== undefined) return interruptible((signal) => endpointsOfFiles(config, from, flags, signal));
  const store = await openStore(command);
  try {
    return await endpointsOfStore(store);
  } finally {
    await store.close();
  }
}

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
const short = (at: number | null): string =>
  at === null ? '' : new Date(at).toISOString().slice(0, 16).replace('T', ' ');

function listRow(endpoint: ApiEndpoint, isTable: boolean): { readonly [column: string]: unknown } {
  const { status, host, endpoint: name, function: kind, client_class, audience } = endpoint;
  const figures = { requests: endpoint.requests, clients: endpoint.clients };
  if (isTable)
    return {
      status,
      host,
      endpoint: name,
      function: kind,
      'called by': audience === 'public' ? client_class : `${client_class} (${audience})`,
      ...figures,
      'first seen': short(endpoint.first_seen_at),
      analogues: endpoint.analogues.join(', '),
    };
  return {
    status,
    site: endpoint.site,
    host,
    endpoint: name,
    function: kind,
    client_class,
    audience,
    ...figures,
    succeeded: endpoint.succeeded,
    failed: endpoint.failed,
    missing: endpoint.missing,
    first_seen_at: iso(endpoint.first_seen_at),
    last_seen_at: iso(endpoint.last_seen_at),
    documentation: endpoint.documentation,
    operation_id: endpoint.operation_id,
    params: endpoint.params,
    analogues: endpoint.analogues,
    endpoint_id: endpoint.endpoint_id,
  };
}

function unusedRow({ document, host }: UnusedEndpoint): ApiEndpoint {
  const kind = guessFunction(document.method, document.template);
  return { endpoint_id: '', revision: 0, updated_at: 0, site: '', ...neverCalled(document, host, kind) };
}

async function list(flags: ListFlags, command: Command): Promise<void> {
  const { endpoints, unused } = await read(flags, command);
  const format = outputFormat(flags);
  const wanted = [...endpoints, ...unused.map(unusedRow)].filter(
    ({ status }) => flags.status?.includes(status) ?? true,
  );
  process.stdout.write(
    renderRows(
      wanted.map((endpoint) => listRow(endpoint, format === 'table')),
      format,
    ),
  );
  if (format === 'table' && endpoints.every(({ status }) => status === 'unknown'))
    console.error('what is documented is not known: --openapi FILE');
}

function differenceRows({ endpoints, unused }: Known): readonly { readonly difference: Difference }[] {
  const called = endpoints.flatMap((endpoint) => {
    const difference: Difference | null =
      endpoint.status === 'zombie'
        ? 'zombie'
        : endpoint.status === 'shadow' && endpoint.function !== 'content'
          ? 'undocumented'
          : null;
    if (difference === null) return [];
    const { host, endpoint: name, function: kind, documentation, requests, clients } = endpoint;
    return [
      {
        difference,
        host,
        endpoint: name,
        function: kind,
        requests,
        clients,
        first_seen_at: iso(endpoint.first_seen_at),
        documentation,
      },
    ];
  });
  const rank = (row: { readonly difference: Difference }): number => differences.indexOf(row.difference);
  called.sort((a, b) => rank(a) - rank(b) || b.requests - a.requests);
  return [
    ...called,
    ...unused.map((one) => {
      const { host, endpoint, function: kind, documentation } = unusedRow(one);
      return {
        difference: 'unused' as const,
        host,
        endpoint,
        function: kind,
        requests: 0,
        clients: 0,
        first_seen_at: null,
        documentation,
      };
    }),
  ];
}

async function diff(flags: DiffFlags, command: Command): Promise<void> {
  const known = await read(flags, command);
  if (known.api === null)
    throw new ExitError(
      2,
      'nothing to compare with: --openapi FILE, or enricher.openapi in the configuration',
    );
  const rows = differenceRows(known).filter(({ difference }) => flags.only?.includes(difference) ?? true);
  const format = outputFormat(flags);
  process.stdout.write(
    format === 'table' && rows.length === 0 ? 'no difference\n' : renderRows(rows, format),
  );
  if (flags.exitCode === true && rows.length > 0) throw new ExitError(1, '');
}

/** `inventory list|diff|export`: which endpoints there are, against what documents say. */
export function inventoryCommand(): Command {
  const inventory = new Command('inventory').description(
    'endpoints that are called, and how they differ from what is documented',
  );
  withOutput(
    withSource(
      inventory
        .command('list')
        .description('every endpoint: status, what it is for, who calls it, analogues')
        .option('--status <list>', `only some of ${statuses.join(', ')}`, listOf(statuses)),
    ),
  ).action((flags: ListFlags, command: Command) => list(flags, command));
  withOutput(
    withSource(
      inventory
        .command('diff')
        .description('endpoints that documents do not know, that should be gone, and that nobody calls')
        .option('--only <list>', `only some of ${differences.join(', ')}`, listOf(differences))
        .option('--exit-code', 'exit with 1 when there is a difference'),
    ),
  ).action((flags: DiffFlags, command: Command) => diff(flags, command));
  withSource(
    inventory
      .command('export')
      .description('draft an OpenAPI document of what is called')
      .option('--title <text>', 'title of the document', 'API'),
  ).action(async (flags: SourceFlags & { readonly title: string }, command: Command) => {
    const { endpoints } = await read(flags, command);
    process.stdout.write(draftOpenApi(endpoints, flags.title));
  });
  return inventory;
}
