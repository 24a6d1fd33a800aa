import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../lib/duration.ts';
import { append, wholeNumber } from '../options.ts';
import { edgeNames } from './edge-presets.ts';
import { startThread } from './front/start-thread.ts';
import { type LineFlags, withLineFlags } from './log-lines.ts';

export interface ReplayFlags extends LineFlags {
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
  readonly campaigns?: string;
  readonly atRisk?: string;
  readonly inventory?: string;
  readonly rejects?: string;
  readonly html?: string;
  readonly labels?: string;
  readonly threads: '1' | '2';
  readonly force?: boolean;
  readonly json?: boolean;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('use 500ms, 2s, 10m, 24h');
  return ms;
}
const durationOrAuto = (text: string): number | 'auto' => (text === 'auto' ? 'auto' : duration(text));

/** The second thread loads its code while this one loads the rest of its own. */
async function replay(files: readonly string[], flags: ReplayFlags, command: Command): Promise<void> {
  const thread = flags.threads === '1' ? null : startThread(files);
  try {
    const { replayFiles } = await import('./replay-files.ts');
    await replayFiles(files, flags, command, thread);
  } finally {
    await thread?.terminate();
  }
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
    .option('--campaigns <file>', 'campaigns as published, NDJSON')
    .option('--at-risk <file>', 'stopped requests of clients that looked good before, NDJSON')
    .option('--inventory <file>', 'endpoints that were called, NDJSON (read it with tidegate inventory)')
    .option('--rejects <file>', 'lines that were not read, NDJSON')
    .option('--labels <file>', 'the truth about each request, NDJSON: adds a table of hits and harm')
    .addOption(
      new Option('--threads <number>', 'a second one reads and enriches where there is a processor for it')
        .choices(['1', '2'])
        .default('2'),
    )
    .option('--force', 'go on although all clients have the address of a proxy')
    .option('--html <file>', 'the summary as a page of its own, to show to others')
    .option('--json', 'the summary as one JSON object')
    .action((files: string[], flags: ReplayFlags, command: Command) => replay(files, flags, command));
}
