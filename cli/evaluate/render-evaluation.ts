import type { Share } from '../replay/score-outcomes.ts';
import { count, percent, styled, type Terminal, table } from '../terminal.ts';
import type { CaseResult, Evaluation } from './evaluation.ts';
import { enoughOnTarget, stoppedAt } from './goals.ts';

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Median and worst over the seeds; `never` where it did not happen in the worst one. */
function firstBlock({ runs }: CaseResult): string {
  const seconds = runs.map(({ tally }) => tally.first_block_seconds ?? Infinity);
  const text = (value: number) => (value === Infinity ? 'never' : value.toFixed(1));
  const worst = text(Math.max(...seconds));
  const usual = text(median(seconds));
  return worst === usual ? worst : `${usual}..${worst}`;
}

function letThrough({ runs }: CaseResult): string {
  const numbers = runs.map(({ tally }) => tally.let_through);
  const worst = count(Math.max(...numbers));
  const usual = count(median(numbers));
  return worst === usual ? worst : `${usual}..${worst}`;
}

function withInterval({ share, interval, requests }: Share, seeds: number): string {
  if (share === null || interval === null) return '–';
  const few = requests < enoughOnTarget * seeds ? ', too few' : '';
  return `${percent(share)} [${(interval[0] * 100).toFixed(2)}–${(interval[1] * 100).toFixed(2)}] of ${count(requests)}${few}`;
}

/** Of the stopped requests, how many were challenged or throttled rather than blocked. */
function softly({ attack, honest }: CaseResult): string {
  const stopped = attack.stopped + honest.stopped;
  return stopped === 0 ? '–' : percent((attack.softly + honest.softly) / stopped, 0);
}

function campaigns({ runs }: CaseResult): string {
  const all = runs.flatMap((run) => run.campaigns);
  const active = all.filter(({ state }) => state === 'active').length;
  const decided = runs.reduce((sum, { decisions }) => sum + decisions, 0);
  return `${all.length - active} + ${active} active, ${count(decided)}`;
}

/** Who was stopped without deserving it, over all seeds: `returning-home 12, launch-vpn 3 and 2 more`. */
function harmed({ runs }: CaseResult): string | null {
  const sums = new Map<string, number>();
  for (const { tally } of runs)
    for (const { population, requests } of tally.harmed)
      sums.set(population, (sums.get(population) ?? 0) + requests);
  const kinds = [...sums].sort(([, a], [, b]) => b - a);
  if (kinds.length === 0) return null;
  const shown = kinds.slice(0, 6).map(([population, requests]) => `${population} ${count(requests)}`);
  return `${shown.join(', ')}${kinds.length > 6 ? ` and ${kinds.length - 6} more kinds` : ''}`;
}

const isAttacked = ({ attack }: CaseResult): boolean => attack.requests > 0;

/** The table, the curves, and what was missed. */
export function renderEvaluation(evaluation: Evaluation, terminal: Terminal): string {
  const { cases, seeds } = evaluation;
  const rows = table<CaseResult>(
    [
      { title: 'scenario', value: (one) => one.scenario },
      { title: 'population', value: (one) => one.population },
      { title: 'first block s', align: 'right', value: (one) => (isAttacked(one) ? firstBlock(one) : '–') },
      { title: 'let through', align: 'right', value: (one) => (isAttacked(one) ? letThrough(one) : '–') },
      { title: 'attack stopped', align: 'right', value: (one) => percent(one.attack.share) },
      { title: '> 30 s', align: 'right', value: (one) => percent(one.attack_later.share) },
      { title: 'honest stopped', align: 'right', value: (one) => percent(one.honest.share, 3) },
      {
        title: 'honest on target',
        align: 'right',
        value: (one) => withInterval(one.honest_on_target, seeds.length),
      },
      { title: 'softly', align: 'right', value: softly },
      { title: 'campaigns, decisions', align: 'right', value: campaigns },
      { title: 'goals', value: (one) => (one.passed ? 'met' : 'MISSED') },
    ],
    cases,
  );
  const lines = [rows, ''];
  const curves = cases.filter(
    ({ row, runs }) => row === 'curve' && runs.some(({ curve }) => curve.length > 0),
  );
  if (curves.length > 0) {
    lines.push(
      'Attack stopped (from 30 s on), at most so much of the honest on target stopped; mean over seeds',
      table<CaseResult>(
        [
          { title: 'scenario', value: (one) => one.scenario },
          { title: 'population', value: (one) => one.population },
          ...[0.005, 0.02, 0.1].map((most) => ({
            title: `at ${most * 100} %`,
            align: 'right' as const,
            value: ({ runs }: CaseResult) =>
              percent(runs.reduce((sum, run) => sum + stoppedAt(run, most), 0) / runs.length, 1),
          })),
          {
            title: 'operating points: honest on target → attack stopped',
            value: ({ runs }: CaseResult) =>
              (runs[0]?.curve ?? [])
                .map(({ point }, index) => {
                  const mean = (of: (run: CaseResult['runs'][number]) => number | null) =>
                    runs.reduce((sum, run) => sum + (of(run) ?? 0), 0) / runs.length;
                  return `${point}: ${percent(mean((run) => run.curve[index]?.honest_on_target.share ?? null))} → ${percent(
                    mean((run) => run.curve[index]?.attack_later.share ?? null),
                    0,
                  )}`;
                })
                .join('   '),
          },
        ],
        curves,
      ),
      '',
    );
  }
  const missed = cases.filter(({ passed }) => !passed);
  for (const one of missed) {
    lines.push(styled(terminal, 'bold', `${one.scenario} on ${one.population}: ${one.title}`));
    for (const { goal, missed: seedsMissed, figures } of one.goals.filter(({ met }) => !met))
      lines.push(
        `  ${styled(terminal, 'red', 'missed')} ${goal} (seed ${seedsMissed.join(', ')}): ${figures.join('; ')}`,
      );
    const kinds = harmed(one);
    if (kinds !== null) lines.push(`  honest stopped: ${kinds}`);
  }
  if (missed.length > 0) lines.push('');
  lines.push(
    `${evaluation.detector}: ${cases.length - missed.length} of ${cases.length} scenarios meet their goals, seeds ${seeds.join(', ')}; ${count(
      evaluation.requests,
    )} requests, ${evaluation.cpu_seconds.toFixed(0)} CPU seconds`,
  );
  return `${lines.join('\n')}\n`;
}
