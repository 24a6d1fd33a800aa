import { Command } from 'commander';
import { describePlan, type PlanDescription } from '../services/actuator/describe-plan.ts';
import { EdgeError } from '../services/actuator/edge.ts';
import { type EdgesAlone, openEdgesAlone } from '../services/actuator/edges-alone.ts';
import { loadRootConfig } from './config.ts';
import { configFileOption } from './config-command.ts';
import { ExitError } from './exit-error.ts';
import { reasonOption, stateOption, wholeNumber } from './options.ts';
import { outputFormat, renderRows, withOutput } from './output.ts';
import { findRunning } from './running.ts';
import { openRuntime } from './runtime.ts';
import { sendCommand } from './send-command.ts';
import { stateFolderOf } from './store.ts';

type Row = { readonly [column: string]: unknown };
interface ListOptions {
  readonly output?: string;
  readonly json?: boolean;
}

/** The running instance on this machine, or null. */
function runningUrl(command: Command): string | null {
  const { config } = loadRootConfig(configFileOption(command), process.env);
  return findRunning(stateFolderOf(command, config.data_dir))?.consoleUrl ?? null;
}

async function ask<T>(url: string): Promise<T> {
  const response = await fetch(url);
  const body = (await response.json().catch(() => ({}))) as T & { detail?: string };
  if (!response.ok) throw new ExitError(1, body.detail ?? `${url}: HTTP ${response.status}`);
  return body;
}

/** Looks at the edges from here; nothing is written but by a purge. */
async function alone<T>(command: Command, work: (edges: EdgesAlone) => Promise<T>): Promise<T> {
  const { config } = loadRootConfig(configFileOption(command), process.env);
  if (config.log.brokers.length === 0)
    throw new ExitError(
      1,
      'no running instance found and log.brokers is not set: what was decided is not known here',
    );
  const runtime = await openRuntime({ config, service: 'edges', env: process.env, clickhouse: false });
  try {
    const edges = await openEdgesAlone(runtime.context, config.actuator);
    try {
      return await work(edges);
    } finally {
      await edges.close();
    }
  } finally {
    await runtime.close();
  }
}

async function lookAt(edges: EdgesAlone, name: string): Promise<Row> {
  const { mode, because } = edges.arming(name);
  try {
    const plan = await edges.plan(name);
    const { add, update, remove } = describePlan(plan, 0);
    const detail = plan.refused ?? plan.held ?? because;
    const state = plan.refused !== null ? 'refused' : plan.held !== null ? 'held' : 'reachable';
    return { name, mode, state, foreign: plan.foreign.length, add, update, remove, detail };
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    return {
      name,
      mode,
      state: error.fault,
      foreign: null,
      add: null,
      update: null,
      remove: null,
      detail: error.message,
    };
  }
}

const sound = new Set(['reachable', 'in_step', 'pending', 'dry_run', 'disarmed', 'purged', 'standby']);

/** `edges list|check|plan|arm|disarm|let-go|kill|resume|purge`. */
export function edgesCommand(): Command {
  const edges = new Command('edges').description('where traffic is stopped: state, plan, arm and disarm');
  const rows = async (command: Command): Promise<readonly Row[]> => {
    const url = runningUrl(command);
    if (url !== null) return (await ask<{ edges: Row[] }>(`${url}/api/v1/edges`)).edges;
    return alone(command, async (opened) => {
      const found: Row[] = [];
      for (const name of opened.names) found.push(await lookAt(opened, name));
      return found;
    });
  };
  withOutput(
    edges.command('list').description('every edge: armed, state, entries, drift').addOption(stateOption()),
  ).action(async (options: ListOptions, command: Command) => {
    process.stdout.write(renderRows(await rows(command), outputFormat(options)));
  });
  withOutput(
    edges
      .command('check')
      .description('as list; exit 1 when an edge can not be written as it should')
      .addOption(stateOption()),
  ).action(async (options: ListOptions, command: Command) => {
    const found = await rows(command);
    process.stdout.write(renderRows(found, outputFormat(options)));
    if (found.some((row) => !sound.has(String(row['state'])))) process.exitCode = 1;
  });
  withOutput(
    edges
      .command('plan')
      .argument('<edge>')
      .description('what would change now, and what is left out; nothing is changed')
      .option('--limit <n>', 'how many changes are listed', wholeNumber(0), 50)
      .option('--exit-code', 'exit 1 when there are changes')
      .addOption(stateOption()),
  ).action(
    async (
      name: string,
      options: ListOptions & { readonly limit: number; readonly exitCode?: boolean },
      command: Command,
    ) => {
      const { limit } = options;
      const url = runningUrl(command);
      const plan =
        url !== null
          ? await ask<PlanDescription>(`${url}/api/v1/edges/${encodeURIComponent(name)}/plan?limit=${limit}`)
          : await alone(command, async (opened) => describePlan(await opened.plan(name), limit));
      const format = outputFormat(options);
      if (format !== 'table') process.stdout.write(renderRows([plan as unknown as Row], format));
      else {
        const { changes, ...figures } = plan;
        process.stdout.write(renderRows([figures], 'yaml'));
        if (changes.length > 0) process.stdout.write(renderRows(changes, 'table'));
      }
      if (options.exitCode === true && plan.add + plan.update + plan.remove > 0) process.exitCode = 1;
    },
  );
  for (const [kind, description] of [
    ['arm', 'let it enforce, from now on (dry_run: true in the configuration still says no)'],
    ['disarm', 'add nothing more; what ends is still taken back'],
    ['let_go', 'what is held goes after all: for ten minutes the guard on shrinking lists is lifted'],
  ] as const)
    edges
      .command(kind.replace('_', '-'))
      .argument('<edge>')
      .description(description)
      .addOption(reasonOption())
      .addOption(stateOption())
      .action(async (edge: string, options: { readonly reason: string }, command: Command) => {
        await sendCommand(command, { kind, site: '*', edge: known(command, edge), reason: options.reason });
        console.log(`${kind.replace('_', '-')} ${edge}: sent to the actuator`);
      });
  for (const [kind, description, said] of [
    ['kill', 'the kill switch: every edge gives up what is ours and adds nothing, until resume', 'killed'],
    ['resume', 'undoes kill', 'resumed'],
  ] as const)
    edges
      .command(kind)
      .description(description)
      .addOption(reasonOption())
      .option('--site <site>', 'of this site only', '*')
      .addOption(stateOption())
      .action(async (options: { readonly reason: string; readonly site: string }, command: Command) => {
        const { site, reason } = options;
        await sendCommand(command, { kind, site, reason });
        console.log(`enforcement ${said}${site === '*' ? '' : ` for ${site}`}: sent to the actuator`);
      });
  edges
    .command('purge')
    .argument('<edge>')
    .description('take out everything of ours and nothing else; the edge stays disarmed')
    .option('--alone', 'do it here, without an actuator')
    .addOption(reasonOption())
    .addOption(stateOption())
    .action(
      async (
        edge: string,
        options: { readonly reason: string; readonly alone?: boolean },
        command: Command,
      ) => {
        // Also for a purge from here: an actuator that still runs must not put back what goes.
        await sendCommand(command, {
          kind: 'purge',
          site: '*',
          edge: known(command, edge),
          reason: options.reason,
        });
        if (options.alone !== true) {
          console.log(`purge ${edge}: sent to the actuator`);
          return;
        }
        const removed = await alone(command, (opened) => opened.purge(edge));
        console.log(`purge ${edge}: ${removed} entries taken out`);
      },
    );
  return edges;
}

function known(command: Command, edge: string): string {
  const { config } = loadRootConfig(configFileOption(command), process.env);
  const names = config.actuator.edges.map(({ name }) => name);
  // A running instance (the demo) may have edges that this configuration does not name.
  if (!names.includes(edge) && runningUrl(command) === null)
    throw new ExitError(2, `no edge named ${edge}: there are ${names.join(', ') || 'none'}`);
  return edge;
}
