import type { Command } from 'commander';
import type { PolicySet, PolicyText } from '../../lib/contracts/generated.ts';
import { formatDuration } from '../../lib/duration.ts';
import type { Log } from '../../lib/log/log.ts';
import { openLog } from '../../lib/log/open.ts';
import { compilePolicyTexts, type PolicyFile } from '../../services/detector/policies/load-policies.ts';
import {
  firstPane,
  leadMs,
  longestAppendMs,
  makePolicySet,
  policySetOut,
} from '../../services/detector/policies/policy-set.ts';
import { loadRootConfig } from '../config.ts';
import { configFileOption } from '../config-command.ts';
import { ExitError } from '../exit-error.ts';
import { reasonOption, stateOption } from '../options.ts';
import { outputFormat, renderRows, withOutput } from '../output.ts';
import { findRunning } from '../running.ts';
import { who } from '../send-command.ts';
import { stateFolderOf } from '../store.ts';
import { compareSets, type PolicyChange } from './compare-sets.ts';
import { policyFilesOf } from './policy-files.ts';
import { findSet, readPublished, setAt, statesOf } from './published-sets.ts';

interface PublishFlags {
  readonly reason: string;
  readonly at?: string;
  readonly dryRun?: boolean;
  readonly exitCode?: boolean;
  readonly json?: boolean;
}

/** The log that instances follow: the brokers of the configuration, else those of an instance on this machine. */
async function withLog<T>(command: Command, use: (log: Log) => Promise<T>): Promise<T> {
  const { config } = loadRootConfig(configFileOption(command), process.env);
  const brokers =
    config.log.brokers.length > 0
      ? config.log.brokers
      : (findRunning(stateFolderOf(command, config.data_dir))?.brokers ?? []);
  if (brokers.length === 0)
    throw new ExitError(
      1,
      'log.brokers is not set and no instance with a Kafka runs on this machine: nobody would read the set',
    );
  const log = await openLog({ ...config.log, brokers: [...brokers] });
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

const textOf = ({ path, text }: PolicyFile): PolicyText => ({ name: path, text });
const filesOf = ({ files }: PolicySet): PolicyFile[] =>
  compilePolicyTexts(files.map(({ name, text }) => ({ path: name, text })));

/** RFC 3339 as epoch ms. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new ExitError(2, `${text}: not a time (use 2026-11-27T06:00:00Z)`);
  return at;
}

/** Resolves, once the log has the set, with the time since its stamp. */
async function append(log: Log, set: PolicySet): Promise<number> {
  const producer = await log.producer('cli');
  await producer.send([policySetOut(set)]);
  const ms = Date.now() - set.published_at;
  await producer.close();
  return ms;
}

function show(changes: readonly PolicyChange[], against: string): void {
  console.log(changes.length === 0 ? `no policy differs from ${against}` : `against ${against}:`);
  for (const { change, title, fields } of changes) {
    console.log(`  ${change.padEnd(8)} ${title}`);
    for (const field of fields) console.log(`             ${field}`);
  }
}

/**
 * Holds files against what would hold otherwise, and publishes them unless nothing differs or it is a dry run. The set is
 * stamped at the beginning: `published` is read before, so that reading does not use up the lead.
 */
export async function publish(
  log: Log,
  files: readonly PolicyText[],
  published: readonly PolicySet[],
  present: () => readonly PolicyFile[],
  flags: PublishFlags,
): Promise<void> {
  const now = Date.now();
  const wanted = timeOf(flags.at);
  const effectiveAt = firstPane(now, wanted);
  if (wanted !== undefined && effectiveAt > wanted + 1000)
    throw new ExitError(2, `--at ${flags.at}: earlier than ${formatDuration(leadMs)} from now`);
  const set = makePolicySet({
    files,
    effectiveAt,
    now,
    who: who(),
    reason: flags.reason,
  });
  const before = setAt(published, effectiveAt);
  const changes = compareSets(before === null ? present() : filesOf(before), filesOf(set));
  const same = before !== null && changes.length === 0;
  const dryRun = flags.dryRun === true;
  const publishes = !same && !dryRun;
  const appendMs = publishes ? await append(log, set) : 0;
  if (flags.json === true) {
    const { files: _, ...head } = set;
    console.log(
      JSON.stringify({ ...head, published: publishes, replaces: before?.set_id ?? null, changes }, null, 2),
    );
  } else {
    show(changes, before === null ? 'the files of the configuration' : `set ${before.set_id}`);
    const when = new Date(effectiveAt).toISOString();
    if (same) console.log('nothing to publish');
    else if (dryRun) console.log(`dry run: would take effect at ${when}`);
    else console.log(`${set.set_id} published; it takes effect at ${when}, in event time, on all instances`);
  }
  if (appendMs > longestAppendMs)
    throw new ExitError(
      1,
      `it took ${formatDuration(appendMs)} until the log had the set: instances may switch at different panes, publish it again`,
    );
  if (flags.exitCode === true && changes.length > 0) process.exitCode = 1;
}

const asPublishing = (command: Command): Command =>
  command
    .addOption(reasonOption())
    .option(
      '--at <time>',
      `first moment it holds for, in event time (default: ${formatDuration(leadMs)} from now)`,
    )
    .option('--dry-run', 'check and compare, publish nothing')
    .option('--exit-code', 'exit 1 when something differs')
    .option('--json', 'the set and what it changes as JSON')
    .addOption(stateOption());

/** `policies apply|rollback|history|show`: the set that all instances follow. */
export function addPublishing(policies: Command, folder: string): void {
  const configured = (command: Command) => () => policyFilesOf(undefined, command);
  asPublishing(
    policies
      .command('apply')
      .argument('[folder]', folder)
      .description(
        'publish a set: it takes effect at one moment on all instances; refused when it has problems',
      ),
  ).action(async (from: string | undefined, flags: PublishFlags, command: Command) => {
    const files = policyFilesOf(from, command).map(textOf);
    await withLog(command, async (log) =>
      publish(log, files, await readPublished(log), configured(command), flags),
    );
  });
  asPublishing(
    policies
      .command('rollback')
      .argument('<set>', 'id or hash of a set that was published, or the beginning of one')
      .description('publish an earlier set again'),
  ).action(async (reference: string, flags: PublishFlags, command: Command) => {
    await withLog(command, async (log) => {
      const published = await readPublished(log);
      await publish(log, findSet(published, reference).files, published, configured(command), flags);
    });
  });
  withOutput(
    policies
      .command('history')
      .description('sets that were published, in the order in which they take effect')
      .addOption(stateOption()),
  ).action(async (flags: { output?: string; json?: boolean }, command: Command) => {
    const sets = await withLog(command, readPublished);
    const rows = statesOf(sets, Date.now()).map(({ set, state, problems }) => ({
      set: set.set_id,
      hash: set.set_hash,
      state,
      effective_at: new Date(set.effective_at).toISOString(),
      published_at: new Date(set.published_at).toISOString(),
      policies: set.files.length,
      who: set.who,
      reason: set.reason,
      problems: problems.join('; '),
    }));
    process.stdout.write(renderRows(rows, outputFormat(flags)));
  });
  policies
    .command('show')
    .argument('<set>', 'id or hash of a set, or the beginning of one')
    .option('--json', 'the record as JSON')
    .addOption(stateOption())
    .description('the files of a set that was published')
    .action(async (reference: string, flags: { json?: boolean }, command: Command) => {
      const set = findSet(await withLog(command, readPublished), reference);
      if (flags.json === true) console.log(JSON.stringify(set, null, 2));
      else
        for (const { name, text } of set.files) process.stdout.write(`# ${name}\n${text.trimEnd()}\n---\n`);
    });
}
