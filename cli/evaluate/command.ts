import { availableParallelism, totalmem } from 'node:os';
import { Command, Option } from 'commander';
import { createLogger } from '../../lib/observability/logger.ts';
import { loadRootConfig, type RootConfig } from '../config.ts';
import { configFileOption } from '../config-command.ts';
import { ExitError } from '../exit-error.ts';
import { findPopulation, populations } from '../generate/populations/catalogue.ts';
import { interruptible } from '../interruptible.ts';
import { numberBetween, wholeNumber } from '../options.ts';
import { createStatusLine } from '../status-line.ts';
import { styled, table, terminalOf } from '../terminal.ts';
import { version } from '../version.ts';
import { createDetector, detectorNames } from './detectors/catalogue.ts';
import { type Case, evaluate } from './evaluation.ts';
import { goalsOf } from './goals.ts';
import { type Parameters, parameterNames, parseParameters } from './parameters.ts';
import { renderEvaluation } from './render-evaluation.ts';
import { runApart, runHere } from './run-job.ts';
import { suits } from './scenario-traffic.ts';
import { scenarios } from './scenarios.ts';
import { writeTraffic } from './write-traffic.ts';

interface EvaluateFlags {
  readonly scenario?: readonly string[];
  readonly population?: readonly string[];
  readonly seed: readonly number[];
  readonly parameters: readonly string[];
  readonly minutes?: number;
  readonly policies?: string;
  readonly detector: string;
  readonly jobs: number;
  readonly list?: boolean;
  readonly write?: string;
  readonly json?: boolean;
}

const defaultSeeds = [1, 2, 3, 4, 5];
/** What one run takes at most, roughly. */
const bytesPerJob = 2 * 1024 ** 3;
const defaultJobs = Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / bytesPerJob)));

/** The first value replaces the default, the others are added. */
function seedList(text: string, list: readonly number[]): readonly number[] {
  const value = wholeNumber(0)(text);
  return list === defaultSeeds ? [value] : [...list, value];
}

const unknown = (what: string, name: string, known: readonly string[]): ExitError =>
  new ExitError(2, `no ${what} is called ${name}: use ${known.join(', ')}`);

/** What to run: the scenarios named, on their own populations or on the ones named that suit them. */
function chooseCases(flags: EvaluateFlags): readonly Case[] {
  const names = scenarios.map(({ name }) => name);
  for (const name of flags.scenario ?? []) if (!names.includes(name)) throw unknown('scenario', name, names);
  const chosen = scenarios.filter(({ name }) => flags.scenario?.includes(name) ?? true);
  const wanted = (flags.population ?? []).flatMap((name) => {
    if (name === 'all') return populations;
    const population = findPopulation(name);
    if (population === undefined)
      throw unknown('population', name, ['all', ...populations.map((one) => one.name)]);
    return [population];
  });
  const cases = chosen.flatMap((scenario): readonly Case[] => {
    if (wanted.length === 0)
      return scenario.populations.map((name) => ({ scenario, population: findPopulation(name)! }));
    return wanted
      .filter((population) => suits(scenario, population))
      .map((population) => ({ scenario, population }));
  });
  if (cases.length === 0) throw new ExitError(2, 'none of these populations has what these scenarios need');
  return cases;
}

function listing(): string {
  return `${table(
    [
      { title: 'SCENARIO', value: ({ name }) => name },
      { title: 'POPULATIONS', value: ({ populations: on }) => on.join(', ') },
      { title: 'WHAT HAPPENS', value: ({ title }) => title },
    ],
    scenarios,
  )}\n\n${table(
    [
      { title: 'POPULATION', value: ({ name }) => name },
      { title: 'WHO', value: ({ title }) => title },
    ],
    populations,
  )}\n\nGOALS\n${Object.entries(goalsOf)
    .map(
      ([row, goals]) =>
        `${row}: ${scenarios
          .filter((one) => one.row === row)
          .map(({ name }) => name)
          .join(', ')}\n${goals.map(({ name }) => `  ${name}`).join('\n')}`,
    )
    .join('\n')}\n`;
}

function parametersOf(flags: EvaluateFlags): Partial<Parameters> {
  const parsed = parseParameters(flags.parameters);
  return flags.minutes === undefined
    ? parsed
    : { warm_up: (flags.minutes * 2) / 3, minutes: flags.minutes / 3, ...parsed };
}

async function run(flags: EvaluateFlags, command: Command): Promise<void> {
  if (flags.list === true) {
    process.stdout.write(listing());
    return;
  }
  const cases = chooseCases(flags);
  if (flags.write !== undefined) {
    for (const one of cases)
      for (const seed of flags.seed) {
        const { events, labels } = await writeTraffic(one, seed, parametersOf(flags), flags.write);
        process.stdout.write(`tidegate replay ${events} --labels ${labels}\n`);
      }
    return;
  }
  const configFile = configFileOption(command);
  const { config: loaded } = loadRootConfig(configFile, process.env);
  const config: RootConfig =
    flags.policies === undefined
      ? loaded
      : { ...loaded, detector: { ...loaded.detector, policies: flags.policies } };
  const logger = createLogger({ service: 'evaluate', version, level: 'error' });
  const stderr = terminalOf(process.stderr, process.env);
  const status = createStatusLine(process.stderr, stderr);
  const seeds = [...new Set(flags.seed)];
  const atATime = Math.min(flags.jobs, cases.length * seeds.length);
  const runJob =
    atATime === 1
      ? runHere(createDetector(flags.detector, config, logger))
      : runApart(configFile === undefined ? [] : ['--config', configFile], [
          ...['--detector', flags.detector],
          ...(flags.policies === undefined ? [] : ['--policies', flags.policies]),
        ]);
  await interruptible(async (signal) => {
    try {
      const evaluation = await evaluate({
        cases,
        seeds,
        parameters: parametersOf(flags),
        detector: flags.detector,
        runJob,
        atATime,
        signal,
        onProgress: ({ share, now }) => status.update(() => `${Math.floor(share * 100)} %  ${now}`),
        onCase({ scenario, population, passed, cpu_seconds: seconds }) {
          status.clear();
          process.stderr.write(
            `${styled(stderr, passed ? 'green' : 'red', passed ? 'met   ' : 'missed')} ${scenario} on ${population}, ${seconds.toFixed(0)} CPU s\n`,
          );
        },
      });
      process.stdout.write(
        flags.json === true
          ? `${JSON.stringify(evaluation, null, 2)}\n`
          : renderEvaluation(evaluation, terminalOf(process.stdout, process.env)),
      );
      if (!evaluation.passed) throw new ExitError(1, '');
    } finally {
      status.clear();
    }
  });
}

/** `tidegate evaluate`: how much of known attacks is stopped, and how many honest people with them. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description(
      'measure detection on made-up traffic whose truth is known; exit code 1 when a goal is missed',
    )
    .option('--scenario <names...>', 'which of --list (default: all)')
    .option('--population <names...>', 'run them on these instead of their own; all for every one')
    .addOption(
      new Option('--seed <numbers...>', 'each a run of its own')
        .argParser(seedList)
        .default(defaultSeeds, '1 to 5'),
    )
    .option('--parameters <name=value...>', `${parameterNames.join(', ')}; for all scenarios`)
    .option(
      '--minutes <number>',
      'length of each run: two thirds quiet, one third attack',
      numberBetween(1, 1440),
    )
    .option('--policies <folder>', 'policies instead of the shipped ones')
    .addOption(
      new Option('--detector <name>', 'what to measure: tidegate, or a constant that has to fail')
        .choices(detectorNames)
        .default('tidegate'),
    )
    .option('--jobs <number>', 'runs at a time, each in a process of its own', wholeNumber(1), defaultJobs)
    .option('--write <folder>', 'only write the traffic and its labels, for replay --labels')
    .option('--list', 'scenarios, populations and goals')
    .option('--json', 'everything as one JSON object')
    .action((flags: EvaluateFlags, command: Command) =>
      run({ ...flags, parameters: flags.parameters ?? [] }, command),
    );
}
