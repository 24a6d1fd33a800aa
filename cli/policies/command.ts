import { relative } from 'node:path';
import { Command } from 'commander';
import { ConfigError } from '../../lib/config.ts';
import { formatDuration } from '../../lib/duration.ts';
import type { PolicyFile } from '../../services/detector/policies/load-policies.ts';
import { ExitError } from '../exit-error.ts';
import { outputFormat, renderRows, withOutput } from '../output.ts';
import { policyFilesOf } from './policy-files.ts';
import { addPublishing } from './publish.ts';
import { runPolicyTest } from './run-policy-test.ts';

interface ListFlags {
  readonly output?: string;
  readonly json?: boolean;
}

/** Throws every problem of every file together (exit 2). */
function refuseBroken(files: readonly PolicyFile[]): void {
  const problems = files.flatMap((file) => file.problems);
  if (problems.length > 0) throw new ConfigError(problems);
}

const shown = (path: string): string => {
  const short = relative('.', path);
  return short === '' || short.startsWith('..') ? path : short;
};

const validity = ({ path, policy, problems }: PolicyFile): object => ({
  file: shown(path),
  ok: problems.length === 0,
  title: policy?.document.title ?? null,
  mode: policy?.document.mode ?? null,
  problems,
});

function list(files: readonly PolicyFile[]): readonly { readonly [column: string]: unknown }[] {
  return files.flatMap(({ policy }) =>
    policy === null
      ? []
      : [
          {
            title: policy.document.title,
            level: policy.document.level,
            mode: policy.document.mode,
            action: policy.document.action.kind,
            group_by: policy.scope,
            requires: policy.document.requires.join(', '),
            taxonomy: policy.taxonomy.join(', '),
            tests: policy.document.tests.length,
            hash: policy.hash,
            id: policy.document.id,
          },
        ],
  );
}

async function runTests(
  files: readonly PolicyFile[],
  flags: { only?: string; json?: boolean },
): Promise<void> {
  const rows: object[] = [];
  let failed = 0;
  let untested = 0;
  for (const { path, policy } of files) {
    if (policy === null) continue;
    const { tests, title } = policy.document;
    const chosen = tests.filter(({ name }) => flags.only === undefined || name.includes(flags.only));
    if (tests.length === 0) untested++;
    for (const test of chosen) {
      const started = performance.now();
      const result = await runPolicyTest(policy, path, test);
      if (!result.passed) failed++;
      rows.push({ file: shown(path), policy: title, ...result });
      if (flags.json === true) continue;
      const ms = Math.round((performance.now() - started) / 100) * 100;
      console.log(
        `${result.passed ? 'ok  ' : 'FAIL'} ${shown(path)}: ${test.name} (${result.figures.requests.toLocaleString('en-US')} requests, ${formatDuration(ms)})`,
      );
      for (const failure of result.failures) console.log(`       ${failure}`);
    }
  }
  if (flags.only !== undefined && rows.length === 0) {
    const there = files.flatMap(({ policy }) => policy?.document.tests.map(({ name }) => `  ${name}`) ?? []);
    const list = there.length === 0 ? '; there are no tests' : `; there are\n${there.join('\n')}`;
    throw new ExitError(2, `--only ${flags.only}: no test has this in its name${list}`);
  }
  if (flags.json === true) console.log(JSON.stringify(rows, null, 2));
  else {
    const without = untested === 0 ? '' : `; ${untested} policies have no tests`;
    console.log(`${rows.length - failed} of ${rows.length} tests passed${without}`);
  }
  if (failed > 0) throw new ExitError(1, '');
}

/** `tidegate policies`: what is looked for, whether it is sound, whether it finds what it says. */
export function policiesCommand(): Command {
  const policies = new Command('policies').description('list, check, test and publish policies');
  const folder = 'folder of policies, or one file (default: detector.policies, else the shipped ones)';
  withOutput(
    policies
      .command('list')
      .argument('[folder]', folder)
      .description('the policies in use, with mode and level'),
  ).action((from: string | undefined, flags: ListFlags, command: Command) => {
    const files = policyFilesOf(from, command);
    refuseBroken(files);
    process.stdout.write(renderRows(list(files), outputFormat(flags)));
  });
  policies
    .command('validate')
    .argument('[folder]', folder)
    .description('check policies; every problem with file, line and column, exit 2 when there are any')
    .option('--json', 'every file with its problems as JSON')
    .action((from: string | undefined, flags: { readonly json?: boolean }, command: Command) => {
      const files = policyFilesOf(from, command);
      if (files.length === 0) throw new ExitError(2, `${from ?? 'the folder'} has no policies (*.yaml)`);
      if (flags.json === true) {
        console.log(JSON.stringify(files.map(validity), null, 2));
        if (files.some(({ problems }) => problems.length > 0)) process.exitCode = 2;
        return;
      }
      refuseBroken(files);
      for (const { path, policy } of files)
        console.log(`${shown(path)}: ok (${policy!.document.title}, ${policy!.document.mode})`);
    });
  policies
    .command('test')
    .argument('[folder]', folder)
    .option('--only <text>', 'tests whose name has this in it')
    .option('--json', 'results with all figures as JSON')
    .description(
      'run the tests inside policy files, each policy alone and as if enforced; exit 1 when one fails',
    )
    .action(async (from: string | undefined, flags: { only?: string; json?: boolean }, command: Command) => {
      const files = policyFilesOf(from, command);
      refuseBroken(files);
      await runTests(files, flags);
    });
  addPublishing(policies, folder);
  return policies;
}
