import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { openClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import { parseDuration } from '../../lib/duration.ts';
import {
  decodeLearned,
  encodeLearned,
  type LearnedSite,
  summaryOf,
} from '../../services/detector/reduce/site/learned.ts';
import { loadRootConfig, type RootConfig } from '../config.ts';
import { configFileOption } from '../config-command.ts';
import { ExitError } from '../exit-error.ts';
import { interruptible } from '../interruptible.ts';
import { stateOption } from '../options.ts';
import { outputFormat, renderRows, withOutput } from '../output.ts';
import { cannotBeWritten, checkOutputs } from '../output-files.ts';
import { asExit } from '../replay/as-exit.ts';
import { checkInputs } from '../replay/inspect-inputs.ts';
import { type LineFlags, lineFormat, withLineFlags } from '../replay/log-lines.ts';
import { lostLines, mostlyLost } from '../replay/lost-lines.ts';
import { readLogs } from '../replay/read-logs.ts';
import { damagedInput, unreadableInput } from '../replay/unreadable-input.ts';
import { findRunning } from '../running.ts';
import { stateFolderOf } from '../store.ts';
import { writeArchivedEvents } from './archived-events.ts';

interface LearnFlags extends LineFlags {
  readonly from?: readonly string[];
  readonly out?: string;
  readonly since: number;
  readonly until: number;
}

const archive = 'clickhouse';

/** RFC 3339, or a duration before now. */
function moment(text: string): number {
  const ago = parseDuration(text);
  const at = ago === null ? Date.parse(text) : Date.now() - ago;
  if (Number.isNaN(at)) throw new InvalidArgumentError('use 2026-11-16T00:00:00Z, or 24h, 7d before now');
  return at;
}

async function archived(
  config: RootConfig,
  flags: LearnFlags,
  command: Command,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const folder = stateFolderOf(command, config.data_dir);
  if (config.clickhouse.url === undefined && findRunning(folder) !== null)
    throw new ExitError(
      1,
      `a running instance holds the archive in ${folder}: stop it, or set clickhouse.url`,
    );
  const clickhouse = await openClickHouse(config.clickhouse, { dataDir: join(folder, 'clickhouse') });
  try {
    const count = await writeArchivedEvents(
      clickhouse,
      { from: flags.since, until: flags.until },
      file,
      signal,
    );
    if (count === 0)
      throw new ExitError(
        3,
        `no request archived between ${new Date(flags.since).toISOString()} and ${new Date(flags.until).toISOString()}`,
      );
  } finally {
    await clickhouse.close();
  }
}

/**
 * Runs logs through detection; what it learned by their end is kept. Attacks among them are not learned. `fault`: they are
 * a part of the input only.
 */
async function learn(
  config: RootConfig,
  files: readonly string[],
  flags: LearnFlags,
  signal: AbortSignal,
): Promise<{ readonly sites: LearnedSite[]; readonly fault: ExitError | null }> {
  const { format, notes } = lineFormat(config, files, flags);
  for (const note of notes) process.stderr.write(`tidegate: ${note}\n`);
  const learned: LearnedSite[] = [];
  const { collected, damaged } = await readLogs({
    config,
    files,
    format,
    service: 'baseline',
    listener: { ended: (sites) => learned.push(...sites) },
    signal,
  });
  if (collected.accepted === 0) throw unreadableInput({ ...collected, files }, damaged);
  // a reducer may say so more than once; the last word counts
  const sites = [...new Map(learned.map((site) => [site.site, site])).values()];
  for (const text of lostLines(collected)) process.stderr.write(`tidegate: ${text}\n`);
  return {
    sites,
    fault:
      damaged.length > 0
        ? damagedInput(damaged)
        : mostlyLost({ read: collected.lines, parsed: collected.accepted }),
  };
}

async function run(flags: LearnFlags, command: Command, signal: AbortSignal): Promise<void> {
  const { from, out } = flags;
  if (from === undefined || out === undefined) throw new ExitError(2, 'give --from and --out');
  const { config, file } = loadRootConfig(configFileOption(command), process.env);
  const logs = from.filter((path) => path !== archive);
  checkInputs(logs);
  const inputs = logs.map((path) => ({ as: 'input', path }));
  checkOutputs([{ as: '--out', path: out }], [...inputs, { as: '--config', path: file ?? undefined }]);
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-baseline-'));
  try {
    let files = from;
    let format = flags.format;
    if (files.includes(archive)) {
      if (files.length > 1) throw new ExitError(2, `--from: either ${archive} or files`);
      files = [join(folder, 'requests.ndjson.gz')];
      format = 'ndjson';
      await archived(config, flags, command, files[0]!, signal);
    }
    const { sites, fault } = await learn(config, files, { ...flags, format }, signal);
    write(out, encodeLearned(sites));
    for (const { site, endpoints, learnedMs } of sites.map(summaryOf))
      console.log(`${site}: ${endpoints} endpoints, ${(learnedMs / 3_600_000).toFixed(1)} h → ${out}`);
    console.log(`next   tidegate replay … --baseline ${out}      (or detector.baseline: ${out})`);
    if (fault !== null) throw fault;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(out: string, content: Buffer): void {
  try {
    writeFileSync(out, content, { mode: 0o600 });
  } catch (error) {
    throw cannotBeWritten(out, error);
  }
}

function contentOf(file: string): Buffer {
  checkInputs([file]);
  try {
    return readFileSync(file);
  } catch (error) {
    throw asExit(error);
  }
}

function show(file: string, flags: { readonly output?: string; readonly json?: boolean }): void {
  const sites = decodeLearned(contentOf(file), file).map(summaryOf);
  const rows = sites.flatMap(({ site, until, rates }) =>
    rates.map(({ endpoint, p50, p99, seconds }) => ({
      site,
      endpoint,
      'requests/s p50': p50.toFixed(1),
      p99: p99.toFixed(1),
      learned_s: seconds,
      until: new Date(until).toISOString(),
    })),
  );
  process.stdout.write(renderRows(rows, outputFormat(flags)));
}

/** `tidegate baseline`: learns what is usual from logs or the archive, so that detection need not begin with nothing. */
export function baselineCommand(): Command {
  const command = withLineFlags(
    new Command('baseline')
      .description(
        'learn what is usual from logs or the archive, for replay --baseline and detector.baseline',
      )
      .option('--from <file...>', `logs (.gz too), or ${archive}`)
      .option('--out <file>', 'where the baselines go'),
  )
    .addOption(
      new Option('--since <time>', 'of the archive: RFC 3339, or 24h')
        .argParser(moment)
        .default(moment('7d'), '7d'),
    )
    .addOption(new Option('--until <time>', 'of the archive').argParser(moment).default(Date.now(), 'now'))
    .addOption(stateOption())
    .action((flags: LearnFlags, self: Command) => interruptible((signal) => run(flags, self, signal)));
  command.addCommand(
    withOutput(new Command('show').description('what a baseline file knows').argument('<file>')).action(show),
  );
  return command;
}
