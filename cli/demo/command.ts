import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../lib/duration.ts';
import { wholeNumber } from '../options.ts';
import { terminalOf } from '../terminal.ts';
import { runDemo } from './run-demo.ts';

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms < 60_000) throw new InvalidArgumentError('at least 1m');
  return ms;
}

/** `tidegate demo`: the whole pipeline on three attacks and two honest controls, on this machine, measured. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('run the whole pipeline on three attacks and two honest controls, with a live console')
    .option('--once', 'end after the table instead of keeping the console up')
    .option('--seed <n>', 'of the traffic', wholeNumber(0), 7)
    .addOption(
      new Option('--duration <duration>', 'of the traffic').argParser(duration).default(20 * 60_000, '20m'),
    )
    .addOption(
      new Option('--log <kind>', 'where events flow').choices(['auto', 'kafka', 'memory']).default('auto'),
    )
    .addOption(new Option('--no-banner').hideHelp())
    .action(
      async (options: {
        once?: boolean;
        seed: number;
        duration: number;
        log: 'auto' | 'kafka' | 'memory';
        banner: boolean;
      }) => {
        await runDemo({
          once: options.once === true,
          seed: options.seed,
          durationMs: options.duration,
          logKind: options.log,
          banner: options.banner,
          env: process.env,
          terminal: terminalOf(process.stdout, process.env),
        });
      },
    );
}
