import type { Share } from '../replay/score-outcomes.ts';
import type { Run } from './run-scenario.ts';
import type { Row } from './scenario.ts';

/** Something that has to hold. */
export interface Goal {
  readonly name: string;
  /** Judges one run. */
  met(run: Run): boolean;
  /** The figure that it judges, for people. */
  figure(run: Run): string;
}

/** How a goal did over the runs of a scenario. */
export interface GoalResult {
  readonly goal: string;
  readonly met: boolean;
  /** Seeds in which it was missed. */
  readonly missed: readonly number[];
  /** The figure in each run, in the order of the seeds. */
  readonly figures: readonly string[];
}

const percentOf = ({ stopped, requests, share }: Share): string =>
  share === null ? 'none' : `${(share * 100).toFixed(2)} % (${stopped} of ${requests})`;

/** Fewer honest requests to the target than this show nothing about the harm there. */
export const enoughOnTarget = 500;

const stoppedLater = (least: number): Goal => ({
  name: `attack stopped from 30 s on >= ${least * 100} %`,
  met: ({ tally }) => (tally.attack_later.share ?? 0) >= least,
  figure: ({ tally }) => percentOf(tally.attack_later),
});
const honestStopped = (most: number): Goal => ({
  name: `honest stopped <= ${most * 100} %`,
  met: ({ tally }) => (tally.honest.share ?? 1) <= most,
  figure: ({ tally }) => percentOf(tally.honest),
});
const honestOnTarget = (most: number): Goal => ({
  name: `honest on target stopped <= ${most * 100} %`,
  met: ({ tally }) => (tally.honest_on_target.share ?? 1) <= most,
  figure: ({ tally }) => percentOf(tally.honest_on_target),
});
const enough: Goal = {
  name: `honest on target >= ${enoughOnTarget} requests`,
  met: ({ tally }) => tally.honest_on_target.requests >= enoughOnTarget,
  figure: ({ tally }) => `${tally.honest_on_target.requests}`,
};
const letThrough: Goal = {
  name: 'let through before the first stop <= 100 and what the delay takes',
  met: ({ tally }) =>
    tally.first_block_seconds !== null && tally.let_through - tally.let_through_in_delay <= 100,
  figure: ({ tally }) =>
    tally.first_block_seconds === null
      ? `all ${tally.attack.requests}`
      : `${tally.let_through}, ${tally.let_through_in_delay} of them in the delay`,
};
const firstBlock = (seconds: number): Goal => ({
  name: `first block <= ${seconds} s`,
  met: ({ tally }) => tally.first_block_seconds !== null && tally.first_block_seconds <= seconds,
  figure: ({ tally }) =>
    tally.first_block_seconds === null ? 'never' : `${tally.first_block_seconds.toFixed(1)} s`,
});
const nothingActive: Goal = {
  name: 'no campaign above observed',
  met: ({ campaigns }) => campaigns.every(({ state }) => state === 'observed'),
  figure: ({ campaigns }) => `${campaigns.filter(({ state }) => state === 'active').length} active`,
};
const noDecision: Goal = {
  name: 'no decision',
  met: ({ decisions, tally }) => decisions === 0 && tally.honest_always.stopped === 0,
  figure: ({ decisions }) => `${decisions}`,
};

/** Attack stopped at most, over the operating points that stop no more than `most` of the honest on target. */
export function stoppedAt(run: Run, most: number): number {
  return Math.max(
    0,
    ...run.curve
      .filter(({ honest_on_target: { share } }) => (share ?? 1) <= most)
      .map(({ attack_later: { share } }) => share ?? 0),
  );
}
const curveAt = (most: number, least: number): Goal => ({
  name: `attack stopped >= ${least * 100} % at ${most * 100} % honest on target`,
  met: (run) => stoppedAt(run, most) >= least,
  figure: (run) => `${(stoppedAt(run, most) * 100).toFixed(1)} %`,
});

/** The table of goals. */
export const goalsOf: { readonly [R in Row]: readonly Goal[] } = {
  plain: [stoppedLater(0.99), honestStopped(0.0005), honestOnTarget(0.01), letThrough, firstBlock(6), enough],
  'plain-a': [
    stoppedLater(0.99),
    honestStopped(0.0005),
    honestOnTarget(0.01),
    letThrough,
    firstBlock(10),
    enough,
  ],
  hard: [stoppedLater(0.9), honestOnTarget(0.02), letThrough, firstBlock(6), enough],
  curve: [curveAt(0.02, 0.8), enough],
  crowd: [honestStopped(0.0005), nothingActive],
  'attack-in-crowd': [stoppedLater(0.9), honestOnTarget(0.02), enough],
  quiet: [noDecision],
};

/** Every goal of the row over all runs: it is met when it is met in each of them. */
export function judge(row: Row, runs: readonly Run[]): readonly GoalResult[] {
  return goalsOf[row].map((goal) => {
    const missed = runs.filter((run) => !goal.met(run)).map(({ seed }) => seed);
    return {
      goal: goal.name,
      met: missed.length === 0,
      missed,
      figures: runs.map((run) => goal.figure(run)),
    };
  });
}
