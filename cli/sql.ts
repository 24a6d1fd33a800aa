import { Command } from 'commander';
import { stateOption } from './options.ts';
import { outputFormat, renderRows, withOutput } from './output.ts';
import { openStore } from './store.ts';

export function sqlCommand(): Command {
  return withOutput(
    new Command('sql')
      .description('ask ClickHouse, read-only (tables: docs/howto/sql.md)')
      .argument('<query>', 'for example "select * from campaigns"')
      .addOption(stateOption()),
  ).action(async (query: string, options: { output?: string; json?: boolean }, command: Command) => {
    const store = await openStore(command);
    try {
      process.stdout.write(renderRows(await store.query(query), outputFormat(options)));
    } finally {
      await store.close();
    }
  });
}
