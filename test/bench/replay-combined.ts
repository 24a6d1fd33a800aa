import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { formatEvent } from '../../cli/generate/format.ts';
import { generateTraffic } from '../../cli/generate/traffic.ts';
import type { ReplaySummary } from '../../cli/replay/summary.ts';
import { type Figure, figureOf } from './bench.ts';
import { benchFolder } from './bench-folder.ts';
import { runCli } from './run-cli.ts';

const hourMs = 3_600_000;
/**
 * About what the calm day makes in an hour, and in four: the day is squeezed into it, nightly batch included. Starting and
 * compiling take two seconds of processor time of the short one; the long one shows what a week of logs takes.
 */
const logs = [
  { lines: 300_000, durationMs: hourMs },
  { lines: 1_200_000, durationMs: 4 * hourMs },
] as const;

type InputLog = (typeof logs)[number];

const scenario = { scenario: 'calm-day', seed: 7, scale: 1 } as const;

/** The log, generated once: nginx combined, in order of time. */
function inputLog({ lines, durationMs }: InputLog): string {
  const file = join(benchFolder(), `calm-day-${lines}.log`);
  if (existsSync(file)) return file;
  const text: string[] = [];
  for (const { event } of generateTraffic({ ...scenario, durationMs })) {
    text.push(formatEvent(event, 'combined'));
    if (text.length === lines) break;
  }
  if (text.length < lines) throw new Error(`the generator made ${text.length} lines only`);
  writeFileSync(`${file}.part`, `${text.join('\n')}\n`);
  renameSync(`${file}.part`, file);
  return file;
}

/** `tidegate replay --format combined` in one process, start-up and summary included. */
export async function replayCombined(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const log of logs) figures.push(...(await replay(log)));
  return figures;
}

async function replay(log: InputLog): Promise<readonly Figure[]> {
  const { lines } = log;
  const { stdout, seconds, cpuSeconds, peakBytes } = await runCli([
    'replay',
    '--format',
    'combined',
    '--json',
    inputLog(log),
  ]);
  const summary = JSON.parse(stdout) as ReplaySummary;
  if (summary.lines.parsed !== lines) throw new Error(`${summary.lines.parsed} of ${lines} lines were read`);
  const parameters = {
    lines,
    scenario: scenario.scenario,
    seed: scenario.seed,
    threads: availableParallelism() > 1 ? 2 : 1,
    decisions: summary.decisions,
    outcomes: false,
  };
  const figure = figureOf(parameters, cpuSeconds);
  return [
    figure('replay_rate', lines / seconds, 'lines/s'),
    figure('replay_cpu', (cpuSeconds / lines) * 1e6, 's/million lines'),
    figure('replay_peak_memory', peakBytes, 'bytes'),
  ];
}
