import type { Population } from '../generate/populations/population.ts';
import type { Share } from '../replay/score-outcomes.ts';
import { version } from '../version.ts';
import type { EvaluatedDetector } from './detectors/detector.ts';
import { type GoalResult, judge } from './goals.ts';
import type { Parameters } from './parameters.ts';
import { type Run, runScenario } from './run-scenario.ts';
import { parametersFor, type Row, type Scenario } from './scenario.ts';
import { pooled } from './tally.ts';

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

export interface EvaluationOptions {
  readonly cases: readonly Case[];
  readonly seeds: readonly number[];
  /** Beat those of the scenarios. */
  readonly parameters: Partial<Parameters>;
  readonly detector: EvaluatedDetector;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: { readonly share: number; readonly now: string }) => void;
  readonly onCase?: (result: CaseResult) => void;
}

/** Runs every case with every seed, one after the other. */
export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const { cases, seeds, detector, signal } = options;
  const results: CaseResult[] = [];
  let done = 0;
  for (const { scenario, population } of cases) {
    const parameters = parametersFor(scenario, options.parameters);
    const runs: Run[] = [];
    for (const seed of seeds) {
      runs.push(
        await runScenario({
          scenario,
          population,
          parameters,
          seed,
          detector,
          signal,
          onProgress: (share) =>
            options.onProgress?.({
              share: (done + share) / (cases.length * seeds.length),
              now: `${scenario.name} on ${population.name}, seed ${seed}`,
            }),
        }),
      );
      done++;
    }
    const goals = judge(scenario.row, runs);
    const all = (of: (run: Run) => Share) => pooled(runs.map(of));
    const result: CaseResult = {
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
    results.push(result);
    options.onCase?.(result);
  }
  return {
    version,
    detector: detector.name,
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
