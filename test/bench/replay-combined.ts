import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatEvent } from '../../cli/generate/format.ts';
import { generateTraffic } from '../../cli/generate/traffic.ts';
import type { ReplaySummary } from '../../cli/replay/summary.ts';
import { type Figure, figureOf } from './bench.ts';
import { benchFolder } from './bench-folder.ts';
import { runCli } from './run-cli.ts';

const lines = 300_000;
/** About what the calm day makes in an hour; the day is squeezed into it, nightly batch included. */
const traffic = { scenario: 'calm-day', seed: 7, durationMs: 3_600_000, scale: 1 } as const;

/** The log, generated once: nginx combined, in order of time. */
function inputLog(): string {
  const file = join(benchFolder(), `calm-day-${lines}.log`);
  if (existsSync(file)) return file;
  const text: string[] = [];
  for (const { event } of generateTraffic(traffic)) {
    text.push(formatEvent(event, 'combined'));
    if (text.length === lines) break;
  }
  if (text.length < lines) throw new Error(`the generator made ${text.length} lines only`);
  writeFileSync(`${file}.part`, `${text.join('\n')}\n`);
  renameSync(`${file}.part`, file);
  return file;
}

/** `tidegate replay --format combined` of 300,000 lines in one process, start-up and summary included. */
export async function replayCombined(): Promise<readonly Figure[]> {
  const { stdout, seconds, cpuSeconds, peakBytes } = await runCli([
    'replay',
    '--format',
    'combined',
    '--json',
    inputLog(),
  ]);
  const summary = JSON.parse(stdout) as ReplaySummary;
  if (summary.lines.parsed !== lines) throw new Error(`${summary.lines.parsed} of ${lines} lines were read`);
  const parameters = {
    lines,
    scenario: traffic.scenario,
    seed: traffic.seed,
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
