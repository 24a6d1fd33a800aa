import { Command } from 'commander';
import { applyTopics, openLog, planTopics } from '../lib/log/open.ts';
import { loadRootConfig } from './config.ts';
import { configFileOption } from './config-command.ts';
import { ExitError } from './exit-error.ts';
import { outputFormat, renderRows, withOutput } from './output.ts';

export function topicsCommand(): Command {
  const topics = new Command('topics').description('plan or create the topics on the brokers given');
  const open = async (command: Command) => {
    const { config } = loadRootConfig(configFileOption(command), process.env);
    if (config.log.brokers.length === 0)
      throw new ExitError(2, 'log.brokers is not set: there are no topics to manage');
    return openLog(config.log);
  };
  withOutput(
    topics
      .command('plan')
      .description('what apply would do; exit 1 with --exit-code when there are differences')
      .option('--exit-code', 'exit 1 when something would change'),
  ).action(async (options: { output?: string; json?: boolean; exitCode?: boolean }, command: Command) => {
    const log = await open(command);
    try {
      const plan = await planTopics(log);
      process.stdout.write(
        renderRows(
          plan.map((row) => ({ ...row })),
          outputFormat(options),
        ),
      );
      if (options.exitCode === true && plan.some((row) => row.action !== 'ok')) process.exitCode = 1;
    } finally {
      await log.close();
    }
  });
  withOutput(
    topics
      .command('apply')
      .description('create what is missing and register schemas; changes and deletes nothing'),
  ).action(async (options: { output?: string; json?: boolean }, command: Command) => {
    const log = await open(command);
    try {
      const done = await applyTopics(log);
      process.stdout.write(
        renderRows(
          done.map((row) => ({ ...row })),
          outputFormat(options),
        ),
      );
      if (done.some((row) => row.action === 'mismatch')) process.exitCode = 1;
    } finally {
      await log.close();
    }
  });
  return topics;
}
