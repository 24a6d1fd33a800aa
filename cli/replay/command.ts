import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../lib/duration.ts';
import { createLogger } from '../../lib/observability/logger.ts';
import { loadRootConfig, type RootConfig, rootConfig } from '../config.ts';
import { configFileOption } from '../config-command.ts';
import { ExitError } from '../exit-error.ts';
import { interruptible } from '../interruptible.ts';
import { append, wholeNumber } from '../options.ts';
import { terminalOf } from '../terminal.ts';
import { version } from '../version.ts';
import { edgeNames, edgePresets } from './edge-presets.ts';
import { openHtmlFile } from './html-file.ts';
import { renderHtml } from './html-report.ts';
import { readLabels } from './label-book.ts';
import { type LineFlags, lineFormat, withLineFlags } from './log-lines.ts';
import { createProgressBar } from './progress-bar.ts';
import { renderSummary } from './render-summary.ts';
import { openReplayOutputs } from './replay-outputs.ts';
import { runReplay } from './run-replay.ts';

interface ReplayFlags extends LineFlags {
  readonly openapi?: string;
  readonly proxyFeed: readonly string[];
  readonly policies?: string;
  readonly baseline?: string;
  readonly warmUp: number | 'auto';
  readonly edge: string;
  readonly edgeCapacity?: number;
  readonly enforcementDelay?: number;
  readonly outcomes?: string;
  readonly decisions?: string;
  readonly verdicts?: string;
  readonly atRisk?: string;
  readonly inventory?: string;
  readonly rejects?: string;
  readonly html?: string;
  readonly labels?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('use 500ms, 2s, 10m, 24h');
  return ms;
}
const durationOrAuto = (text: string): number | 'auto' => (text === 'auto' ? 'auto' : duration(text));

/** Flags that stand for configuration are applied to it, and checked with it. */
function withFlags(config: RootConfig, flags: ReplayFlags): RootConfig {
  const { enricher, detector } = config;
  const feeds = rootConfig.shape.enricher.parse({ data_sets: [...flags.proxyFeed] }).data_sets;
  return {
    ...config,
    detector: {
      ...detector,
      ...(flags.policies === undefined ? {} : { policies: flags.policies }),
      ...(flags.baseline === undefined ? {} : { baseline: flags.baseline }),
    },
    enricher: {
      ...enricher,
      data_sets: [...feeds, ...enricher.data_sets],
      openapi: [
        ...(flags.openapi === undefined
          ? []
          : [{ file: flags.openapi, hosts: [], state: 'current' as const }]),
        ...enricher.openapi,
      ],
    },
  };
}

async function replay(files: readonly string[], flags: ReplayFlags, command: Command): Promise<void> {
  const loaded = loadRootConfig(configFileOption(command), process.env);
  const config = withFlags(loaded.config, flags);
  const edge = edgePresets.find(({ name }) => name === flags.edge)!;
  const progress = createProgressBar(process.stderr, terminalOf(process.stderr, process.env));
  await interruptible(async (signal) => {
    try {
      const writeHtml = flags.html === undefined ? null : openHtmlFile(flags.html);
      const summary = await runReplay({
        config,
        files,
        format: lineFormat(config, files, flags),
        edge,
        delayMs: flags.enforcementDelay ?? edge.delayMs,
        slots: flags.edgeCapacity ?? edge.entries,
        warmUp: flags.warmUp,
        force: flags.force === true,
        labels: flags.labels === undefined ? null : await readLabels(flags.labels),
        outputs: openReplayOutputs(flags),
        logger: createLogger({
          service: 'replay',
          version,
          level: process.env['TIDEGATE_LOG_LEVEL'] === 'debug' ? 'debug' : 'error',
        }),
        onProgress: progress.update,
        signal,
      });
      progress.clear();
      process.stdout.write(
        flags.json === true
          ? `${JSON.stringify(summary, null, 2)}\n`
          : renderSummary(summary, terminalOf(process.stdout, process.env)),
      );
      writeHtml?.(renderHtml(summary));
      if (summary.lines.read > 0 && summary.lines.parsed === 0)
        throw new ExitError(3, `none of ${summary.lines.read} lines could be read`);
    } finally {
      progress.clear();
    }
  });
}

/** `tidegate replay`: what would have been stopped, when, why, and who was at risk. Blocks nothing, sends nothing. */
export function replayCommand(): Command {
  return withLineFlags(
    new Command('replay')
      .description('run past logs through detection and say what would have been stopped; nothing is blocked')
      .addArgument(new Argument('<file...>', 'log files, .gz too; - is standard input')),
  )
    .option('--openapi <file>', 'OpenAPI document: tells documented from shadow endpoints')
    .option('--proxy-feed <file>', 'data set of proxies (MMDB, CSV, netset); may be repeated', append, [])
    .option('--policies <folder>', 'policies instead of the shipped ones')
    .option('--baseline <file>', 'what was learned before (tidegate baseline), to begin with')
    .option('--warm-up <duration>', 'start of the input that is only learned from', durationOrAuto, 'auto')
    .addOption(
      new Option('--edge <name>', 'whose delay, capacity and abilities to assume')
        .choices(edgeNames)
        .default('generic'),
    )
    .option('--edge-capacity <entries>', 'list entries of the edge', wholeNumber(0))
    .option('--enforcement-delay <duration>', 'from a decision to its effect', duration)
    .option('--outcomes <file>', 'what became of each request, NDJSON in input order')
    .option('--decisions <file>', 'decisions as published, NDJSON')
    .option('--verdicts <file>', 'verdicts as published, NDJSON')
    .option('--at-risk <file>', 'stopped requests of clients that looked good before, NDJSON')
    .option('--inventory <file>', 'endpoints that were called, NDJSON (read it with tidegate inventory)')
    .option('--rejects <file>', 'lines that were not read, NDJSON')
    .option('--labels <file>', 'the truth about each request, NDJSON: adds a table of hits and harm')
    .option('--force', 'go on although all clients have the address of a proxy')
    .option('--html <file>', 'the summary as a page of its own, to show to others')
    .option('--json', 'the summary as one JSON object')
    .action((files: string[], flags: ReplayFlags, command: Command) => replay(files, flags, command));
}
