import { describe, expect, it } from 'vitest';
import { findPopulation } from '../generate/populations/catalogue.ts';
import { constants } from './detectors/catalogue.ts';
import type { EvaluatedDetector } from './detectors/detector.ts';
import { type CaseResult, type Evaluation, evaluate } from './evaluation.ts';
import { renderEvaluation } from './render-evaluation.ts';
import { runHere } from './run-job.ts';
import { scenarios } from './scenarios.ts';

/** Small, but with the proportions of the real ones. */
const small = { rate: 8, warm_up: 0.5, minutes: 2, people: 400 };
const named = (name: string): EvaluatedDetector => constants.find((one) => one.name === name)!;

/** Some of every row, on every population. */
const chosen = scenarios.filter(({ name }) =>
  /^(stuffing|stuffing-pulses|shadow-payment|sweep|payment-(genuine|ipv6|browses|cold|in-sale)|sweep-plain-log|flash-sale|login-outage|batch|calm)$/.test(
    name,
  ),
);

function run(detector: EvaluatedDetector): Promise<Evaluation> {
  return evaluate({
    cases: chosen.map((scenario) => ({ scenario, population: findPopulation(scenario.populations[0]!)! })),
    seeds: [3],
    parameters: small,
    detector: detector.name,
    runJob: runHere(detector),
    atATime: 1,
    signal: new AbortController().signal,
  });
}

const missedGoals = ({ goals }: CaseResult): string =>
  goals
    .filter(({ met }) => !met)
    .map(({ goal }) => goal)
    .join('\n');
const of = ({ cases }: Evaluation, row: CaseResult['row']) => cases.filter((one) => one.row === row);

describe('a constant in place of a detector is seen through', () => {
  it('stopping everybody at the target harms the honest there, and every crowd', async () => {
    const evaluation = await run(named('stop-target'));
    expect(evaluation.passed).toBe(false);
    for (const one of evaluation.cases) expect(one.passed, one.scenario).toBe(false);
    for (const one of [...of(evaluation, 'plain'), ...of(evaluation, 'hard')]) {
      expect(one.attack_later.share, one.scenario).toBe(1);
      expect(missedGoals(one), one.scenario).toMatch(/honest on target/);
    }
    for (const one of of(evaluation, 'quiet')) expect(missedGoals(one), one.scenario).toMatch(/no decision/);
  });

  it('stopping nobody misses every attack and harms no control', async () => {
    const evaluation = await run(named('stop-nobody'));
    for (const one of evaluation.cases) expect(one.passed, one.scenario).toBe(one.attack.requests === 0);
    for (const one of of(evaluation, 'plain')) expect(missedGoals(one)).toMatch(/attack stopped/);
  });

  it('stopping agents without a language harms people and misses most attacks', async () => {
    const evaluation = await run(named('no-accept-language'));
    for (const one of evaluation.cases) expect(one.passed, one.scenario).toBe(false);
    for (const one of evaluation.cases.filter(({ attack }) => attack.requests > 0))
      expect(missedGoals(one), one.scenario).toMatch(/attack stopped|on target stopped/);
  });
});

describe('evaluate', () => {
  it('gives the same figures again, and draws a table of them', async () => {
    const first = await run(named('no-accept-language'));
    const again = await run(named('no-accept-language'));
    const figures = ({ cases }: Evaluation) => cases.map(({ runs }) => runs.map(({ tally }) => tally));
    expect(figures(again)).toEqual(figures(first));
    const text = renderEvaluation(first, { colour: false, interactive: false, columns: 200 });
    for (const { name } of chosen) expect(text).toContain(name);
    expect(text).toMatch(/too few/);
    expect(text).toMatch(/0 of \d+ scenarios meet their goals/);
  });
});
