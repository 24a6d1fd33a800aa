import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../lib/duration.ts';
import { isBrokenPipe } from '../line-writer.ts';
import { numberBetween, wholeNumber } from '../options.ts';
import { checkOutputs } from '../output-files.ts';
import { type OutputFormat, outputFormats } from './format.ts';
import { type ScenarioName, scenarioNames } from './scenarios.ts';
import { defaultStartMs, generateTraffic } from './traffic.ts';
import { writeLabelled } from './write-labelled.ts';

interface GenerateFlags {
  readonly seed: number;
  readonly duration?: number;
  readonly rate: number;
  readonly start?: number;
  readonly intensity: number;
  readonly stealth: number;
  readonly format: OutputFormat;
  readonly out: string;
  readonly labels?: string;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms < 1000) throw new InvalidArgumentError('use 90s, 12m, 24h');
  return ms;
}

function moment(text: string): number {
  const ms = text === 'now' ? Date.now() : Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('use 2026-11-16T10:00:00Z or now');
  return ms;
}

/** `tidegate generate`: made-up traffic of a shop and a bank, with attacks whose truth is known. */
export function generateCommand(): Command {
  return new Command('generate')
    .description(
      'write made-up traffic of a shop and a bank: people, partners, bots, and attacks with labels',
    )
    .addArgument(new Argument('<scenario>', 'what happens').choices(scenarioNames))
    .option('--seed <number>', 'the same seed gives the same traffic', wholeNumber(0), 7)
    .option(
      '--duration <duration>',
      'length; incidents scale along (default: as the scenario was laid out)',
      duration,
    )
    .option(
      '--rate <number>',
      'honest requests a second, about; attacks scale along',
      numberBetween(1, 100_000),
      100,
    )
    .option('--start <time>', 'first moment, ISO 8601 or "now" (default: a fixed Monday morning)', moment)
    .option(
      '--intensity <factor>',
      'strength of attacks and sale against the background',
      numberBetween(0.01, 100),
      1,
    )
    .option(
      '--stealth <share>',
      'share of attack requests that look like genuine clients',
      numberBetween(0, 1),
      0.02,
    )
    .addOption(new Option('--format <format>', 'one event a line').choices(outputFormats).default('ndjson'))
    .option('--out <file>', 'where to, - for stdout, .gz compresses', '-')
    .option('--labels <file>', 'the truth, one JSON object a line in the same order')
    .action(async (scenario: ScenarioName, flags: GenerateFlags) => {
      const outputs = [
        { as: '--out', path: flags.out },
        { as: '--labels', path: flags.labels },
      ];
      checkOutputs(outputs, []);
      try {
        const traffic = generateTraffic({
          scenario,
          seed: flags.seed,
          startMs: flags.start ?? defaultStartMs,
          ...(flags.duration === undefined ? {} : { durationMs: flags.duration }),
          scale: flags.rate / 100,
          intensity: flags.intensity,
          stealth: flags.stealth,
        });
        await writeLabelled(traffic, flags.format, { events: flags.out, labels: flags.labels ?? null });
      } catch (error) {
        if (!isBrokenPipe(error)) throw error;
      }
    });
}
