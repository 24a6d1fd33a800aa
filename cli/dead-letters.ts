import { Command } from 'commander';
import { ExitError } from './exit-error.ts';
import { limitOption, stateOption } from './options.ts';
import { outputFormat, renderRows, withOutput } from './output.ts';
import { openStore } from './store.ts';

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** Dead letters are masked when they are set aside, so they are read, counted and mended at their source. */
export function deadLettersCommand(): Command {
  const deadLetters = new Command('dead-letters').description('inputs that were set aside, and why');
  withOutput(
    deadLetters
      .command('list')
      .description('the newest first')
      .option('--reason <reason>', 'only this reason')
      .addOption(limitOption(50))
      .addOption(stateOption()),
  ).action(
    async (
      options: { output?: string; json?: boolean; reason?: string; limit: number },
      command: Command,
    ) => {
      const store = await openStore(command);
      try {
        const where = options.reason === undefined ? '' : `WHERE reason = ${quoted(options.reason)}`;
        const rows = await store.query(
          `SELECT dead_letter_id, at, step, source_id, position, reason, detail FROM dead_letters ${where} ORDER BY at DESC LIMIT ${options.limit}`,
        );
        process.stdout.write(renderRows(rows, outputFormat(options)));
      } finally {
        await store.close();
      }
    },
  );
  withOutput(
    deadLetters
      .command('show')
      .argument('<id>', 'dlq_…')
      .description('one dead letter with its masked original')
      .addOption(stateOption()),
  ).action(async (id: string, options: { output?: string; json?: boolean }, command: Command) => {
    const store = await openStore(command);
    try {
      const [row] = await store.query(
        `SELECT * FROM dead_letters WHERE dead_letter_id = ${quoted(id)} LIMIT 1`,
      );
      if (row === undefined) throw new ExitError(1, `${id}: no such dead letter in ${store.description}`);
      const format = outputFormat(options);
      if (format !== 'table') process.stdout.write(renderRows([row], format));
      else
        for (const [field, value] of Object.entries(row)) console.log(`${field.padEnd(18)} ${String(value)}`);
    } finally {
      await store.close();
    }
  });
  return deadLetters;
}
