import type { Population } from '../generate/populations/population.ts';
import type { Share } from '../replay/score-outcomes.ts';
import { version } from '../version.ts';
import { type GoalResult, judge } from './goals.ts';
import type { Parameters } from './parameters.ts';
import type { Run } from './run-scenario.ts';
import { parametersFor, type Row, type Scenario } from './scenario.ts';
import { pooled } from './tally.ts';
import { createTurns } from './turns.ts';

/** A scenario on a population. */
export interface Case {
  readonly scenario: Scenario;
  readonly population: Population;
}

export interface CaseResult {
  readonly scenario: string;
  readonly title: string;
  readonly population: string;
  readonly row: Row;
  readonly parameters: Parameters;
  readonly passed: boolean;
  readonly goals: readonly GoalResult[];
  /** All seeds together. */
  readonly attack: Share;
  readonly attack_later: Share;
  readonly honest: Share;
  readonly honest_on_target: Share;
  readonly runs: readonly Run[];
  readonly cpu_seconds: number;
}

/** Everything that `--json` prints. */
export interface Evaluation {
  readonly version: string;
  readonly detector: string;
  readonly seeds: readonly number[];
  readonly passed: boolean;
  readonly cases: readonly CaseResult[];
  readonly requests: number;
  readonly cpu_seconds: number;
}

/** One scenario on one population with one seed. */
export interface Job extends Case {
  readonly parameters: Parameters;
  readonly seed: number;
}

/** Does a job; `onProgress`: the share of it that is through, 0 to 1. Jobs may run side by side. */
export type RunJob = (job: Job, signal: AbortSignal, onProgress: (share: number) => void) => Promise<Run>;

export interface EvaluationOptions {
  readonly cases: readonly Case[];
  readonly seeds: readonly number[];
  /** Beat those of the scenarios. */
  readonly parameters: Partial<Parameters>;
  /** Name of what is measured. */
  readonly detector: string;
  readonly runJob: RunJob;
  /** Jobs at a time. */
  readonly atATime: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: { readonly share: number; readonly now: string }) => void;
  /** As they are through; with several jobs at a time not always in their order. */
  readonly onCase?: (result: CaseResult) => void;
}

/** Runs every case with every seed. The first job that fails ends the others. */
export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const { cases, seeds, detector } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const inTurn = createTurns(options.atATime);
  let through = 0;
  const runOne = (job: Job): Promise<Run> => {
    const now = `${job.scenario.name} on ${job.population.name}, seed ${job.seed}`;
    let before = 0;
    const advance = (share: number): void => {
      through += share - before;
      before = share;
      options.onProgress?.({ share: through / (cases.length * seeds.length), now });
    };
    return inTurn(async () => {
      signal.throwIfAborted();
      const run = await options.runJob(job, signal, advance);
      advance(1);
      return run;
    }).catch((error: unknown) => {
      failed.abort(error);
      throw error;
    });
  };
  const results = await Promise.all(
    cases.map(async (one) => {
      const parameters = parametersFor(one.scenario, options.parameters);
      const runs = await Promise.all(seeds.map((seed) => runOne({ ...one, parameters, seed })));
      const result = resultOf({ ...one, parameters }, runs);
      options.onCase?.(result);
      return result;
    }),
  );
  return {
    version,
    detector,
    seeds,
    passed: results.every(({ passed }) => passed),
    cases: results,
    requests: results.reduce(
      (sum, { runs }) => sum + runs.reduce((total, { tally }) => total + tally.requests, 0),
      0,
    ),
    cpu_seconds: results.reduce((sum, one) => sum + one.cpu_seconds, 0),
  };
}

function resultOf({ scenario, population, parameters }: Omit<Job, 'seed'>, runs: readonly Run[]): CaseResult {
  const goals = judge(scenario.row, runs);
  const all = (of: (run: Run) => Share) => pooled(runs.map(of));
  return {
    scenario: scenario.name,
    title: scenario.title,
    population: population.name,
    row: scenario.row,
    parameters,
    passed: goals.every(({ met }) => met),
    goals,
    attack: all(({ tally }) => tally.attack),
    attack_later: all(({ tally }) => tally.attack_later),
    honest: all(({ tally }) => tally.honest),
    honest_on_target: all(({ tally }) => tally.honest_on_target),
    runs,
    cpu_seconds: runs.reduce((sum, run) => sum + run.cpu_seconds, 0),
  };
}
