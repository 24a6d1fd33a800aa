import { spawn } from 'node:child_process';
import { ExitError } from '../exit-error.ts';
import type { EvaluatedDetector } from './detectors/detector.ts';
import type { Evaluation, Job, RunJob } from './evaluation.ts';
import { runScenario } from './run-scenario.ts';

/** In this process. */
export function runHere(detector: EvaluatedDetector): RunJob {
  return (job, signal, onProgress) => runScenario({ ...job, detector, signal, onProgress });
}

/**
 * In a process of its own, by this very program: `evaluate` of the one scenario, population and seed. `options`: what is
 * the same for all of them.
 */
export function runApart(global: readonly string[], options: readonly string[]): RunJob {
  return (job, signal, onProgress) =>
    new Promise((resolve, reject) => {
      onProgress(0);
      const script = process.argv[1]!;
      const child = spawn(
        process.execPath,
        [...process.execArgv, script, ...global, 'evaluate', ...argumentsOf(job), ...options],
        { stdio: ['ignore', 'pipe', 'pipe'], signal },
      );
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.on('error', reject);
      child.on('close', (code) => {
        // 1: a goal was missed, which is for all seeds together to say
        if (code !== 0 && (code !== 1 || stdout === '')) {
          const said = stderr.trim().split('\n').at(-1) ?? '';
          reject(
            new ExitError(
              code === 2 || code === 3 || code === 130 ? code : 1,
              said.replace(/^tidegate: /, ''),
            ),
          );
        } else resolve((JSON.parse(stdout) as Evaluation).cases[0]!.runs[0]!);
      });
    });
}

function argumentsOf({ scenario, population, parameters, seed }: Job): string[] {
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return [
    ...['--scenario', scenario.name],
    ...['--population', population.name],
    ...['--seed', String(seed)],
    ...['--parameters', ...given],
    ...['--jobs', '1'],
    '--json',
  ];
}
