import { afterAll, describe, expect, test } from 'vitest';
import type { Evaluation } from '../../cli/evaluate/evaluation.ts';
import { killLeftovers, runTidegate } from './harness/tidegate.ts';

/** Runs side by side, each in a process of its own, say what they say one after the other. */
const small = ['--parameters', 'rate=8', 'warm_up=0.5', 'minutes=1', 'people=400'];
const chosen = [
  'evaluate',
  '--scenario',
  'shadow-payment',
  'calm',
  '--population',
  'shop',
  '--seed',
  '1',
  '2',
];

afterAll(killLeftovers);

async function evaluated(jobs: number): Promise<object> {
  const { code, stdout, tail } = await runTidegate([...chosen, ...small, '--jobs', String(jobs), '--json']);
  expect(code, tail).toBeLessThan(2);
  return JSON.parse(stdout, (key, value) => (key === 'cpu_seconds' ? 0 : value)) as Evaluation;
}

describe('evaluate', () => {
  test('says the same with one job at a time and with three', async () => {
    const one = (await evaluated(1)) as Evaluation;
    expect(one.cases.map(({ scenario, runs }) => [scenario, runs.length])).toEqual([
      ['shadow-payment', 2],
      ['calm', 2],
    ]);
    expect(await evaluated(3)).toEqual(one);
  });

  test('what is wrong with one is told once, as without jobs', async () => {
    const run = (jobs: string) =>
      runTidegate([...chosen, ...small, '--policies', 'nowhere', '--jobs', jobs, '--json']);
    const [one, three] = [await run('1'), await run('3')];
    expect([three.code, three.tail]).toEqual([one.code, one.tail]);
    expect(one.code).toBe(2);
  });
});
