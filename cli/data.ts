import { Command } from 'commander';
import { dataStatus } from '../services/enricher/data-status.ts';
import { loadRootConfig } from './config.ts';
import { configFileOption } from './config-command.ts';
import { outputFormat, renderRows, withOutput } from './output.ts';

export function dataCommand(): Command {
  const data = new Command('data').description('enrichment data sets');
  withOutput(
    data.command('status').description('every data set in use: age, source, licence, attribution'),
  ).action(async (options: { output?: string; json?: boolean }, command: Command) => {
    const { config } = loadRootConfig(configFileOption(command), process.env);
    const rows = (await dataStatus(config.enricher)).map((set) => ({ ...set }));
    process.stdout.write(renderRows(rows, outputFormat(options)));
  });
  return data;
}
