#!/usr/bin/env -S node --max-semi-space-size=32
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ConfigError } from '../lib/config.ts';
import { loadCommandsFor } from './commands.ts';
import { ExitError } from './exit-error.ts';
import { isBrokenPipe } from './line-writer.ts';
import { version } from './version.ts';

const program = new Command('tidegate')
  .description('Finds automated abuse in API traffic and keeps the block lists of WAFs and CDNs in step.')
  .version(version, '-V, --version')
  .option('--config <file>', 'tidegate.yaml (default: TIDEGATE_CONFIG, ./tidegate.yaml, XDG, /etc/tidegate)')
  .option('--no-color', 'plain text (NO_COLOR is honoured too)')
  .showSuggestionAfterError()
  .configureHelp({ sortSubcommands: false })
  .exitOverride();
program.hook('preAction', (command) => {
  if (command.opts()['color'] === false) process.env['NO_COLOR'] = '1';
});

// `| head` has seen enough: commands that write files besides listen themselves, and end them
process.stdout.on('error', (error) => {
  if (!isBrokenPipe(error)) throw error;
  if (process.stdout.listenerCount('error') === 1) process.exit();
});

try {
  for (const command of await loadCommandsFor(process.argv.slice(2))) {
    command.exitOverride();
    for (const nested of command.commands) nested.exitOverride();
    program.addCommand(command);
  }
  await program.parseAsync();
} catch (error) {
  // what an action throws of its own; commander has already said what it found itself
  if (error instanceof InvalidArgumentError) {
    console.error(`tidegate: ${error.message}`);
    process.exitCode = 2;
  } else if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof ExitError) {
    if (error.message !== '') console.error(`tidegate: ${error.message}`);
    process.exitCode = error.code;
  } else if (error instanceof ConfigError) {
    for (const problem of error.problems) console.error(`tidegate: ${problem}`);
    process.exitCode = 2;
  } else {
    console.error(
      process.env['TIDEGATE_LOG_LEVEL'] === 'debug'
        ? error
        : `tidegate: ${error instanceof Error ? error.message : error}`,
    );
    process.exitCode = 1;
  }
}
