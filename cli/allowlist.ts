import { Command, Option } from 'commander';
import { allowCommandsSql, commandFromRow } from '../services/actuator/command-rows.ts';
import type { CommandBook } from '../services/actuator/decider/command-book.ts';
import { createProtection } from '../services/actuator/decider/protection.ts';
import { configuredBook, protectionOptions } from '../services/actuator/main.ts';
import { loadRootConfig } from './config.ts';
import { configFileOption } from './config-command.ts';
import { type AddOptions, until } from './decisions.ts';
import { ExitError } from './exit-error.ts';
import { reasonOption, siteOption, stateOption } from './options.ts';
import { outputFormat, renderRows, withOutput } from './output.ts';
import { parseTarget, sendCommand } from './send-command.ts';
import { openStore, type Store } from './store.ts';

/** Allow entries of the configuration, and those that commands gave and that were archived. */
async function readBook(command: Command): Promise<CommandBook> {
  const { config } = loadRootConfig(configFileOption(command), process.env);
  const book = configuredBook(config.actuator);
  let store: Store;
  try {
    store = await openStore(command);
  } catch (error) {
    // Nothing was archived yet: then no command was given either.
    if (error instanceof ExitError && error.code === 3) return book;
    throw error;
  }
  try {
    for (const row of await store.query(allowCommandsSql)) book.apply(commandFromRow(row));
  } finally {
    await store.close();
  }
  return book;
}

/** `allowlist list|add|remove|check`: targets that no path may stop. */
export function allowlistCommand(): Command {
  const allowlist = new Command('allowlist').description('targets that are never stopped');
  withOutput(
    allowlist
      .command('list')
      .description('entries that hold now: of the configuration, and given by command')
      .addOption(stateOption()),
  ).action(async (options: { output?: string; json?: boolean }, command: Command) => {
    const book = await readBook(command);
    const rows = book.allowed().filter(({ untilAt }) => untilAt === null || untilAt > Date.now());
    process.stdout.write(
      renderRows(
        rows.map((entry) => ({
          target: `${entry.target.kind} ${entry.target.value}`,
          site: entry.site,
          covers: entry.covers,
          until: entry.untilAt === null ? null : new Date(entry.untilAt).toISOString(),
          who: entry.who,
          reason: entry.reason,
        })),
        outputFormat(options),
      ),
    );
  });
  allowlist
    .command('check')
    .argument('<target>', 'address or network')
    .description('whether anything protects it; exit 1 when nothing does')
    .addOption(siteOption())
    .addOption(stateOption())
    .option('--json', 'the same as JSON')
    .action(
      async (text: string, options: { readonly site: string; readonly json?: boolean }, command: Command) => {
        const target = parseTarget(text);
        const { config } = loadRootConfig(configFileOption(command), process.env);
        const protection = createProtection(protectionOptions(config.actuator), await readBook(command));
        const refusal = protection.refuse(options.site, target, Date.now());
        if (refusal === null) process.exitCode = 1;
        if (options.json === true)
          console.log(
            JSON.stringify(
              { kind: target.kind, value: target.value, site: options.site, protected_by: refusal },
              null,
              2,
            ),
          );
        else if (refusal === null) console.log(`${target.kind} ${target.value}: nothing protects it`);
        else console.log(`${target.kind} ${target.value}: ${refusal.reason}, ${refusal.detail}`);
      },
    );
  allowlist
    .command('add')
    .argument('<target>', 'address or network')
    .description('never stop it; what is in force for it is released')
    .addOption(reasonOption())
    .option('--ttl <duration>', 'how long; at most a year')
    .addOption(
      new Option('--covers <scope>', 'its address only, or its keys, sessions and accounts too')
        .choices(['address', 'all'])
        .default('address'),
    )
    .addOption(siteOption())
    .addOption(stateOption())
    .action(async (text: string, options: AddOptions & { covers: 'address' | 'all' }, command: Command) => {
      const target = parseTarget(text);
      await sendCommand(command, {
        kind: 'allow',
        target,
        site: options.site,
        reason: options.reason,
        scope: options.covers,
        ...until(options.ttl),
      });
      console.log(`allow ${target.kind} ${target.value}: sent to the decider`);
    });
  allowlist
    .command('remove')
    .argument('<target>', 'as it was added')
    .description('take an entry back')
    .addOption(reasonOption())
    .addOption(siteOption())
    .addOption(stateOption())
    .action(async (text: string, options: AddOptions, command: Command) => {
      const target = parseTarget(text);
      await sendCommand(command, { kind: 'disallow', target, site: options.site, reason: options.reason });
      console.log(`disallow ${target.kind} ${target.value}: sent to the decider`);
    });
  return allowlist;
}
