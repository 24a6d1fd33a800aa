import { type Command, Option } from 'commander';
import { type FormatConfig, formatNames } from '../../services/collector/config.ts';
import type { RootConfig } from '../config.ts';

/** Flags of a command that reads logs. */
export interface LineFlags {
  readonly format: FormatConfig['format'];
  readonly logFormat?: string;
  readonly host?: string;
}

export function withLineFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--format <format>', 'of the lines of logs')
        .choices([...formatNames, 'auto'])
        .default('auto'),
    )
    .option('--log-format <text>', 'nginx log_format of the logs, for fields beyond combined')
    .option('--host <name>', 'host of log lines that carry none');
}

/** How lines of these files are read: as the flags say, else as the collector would read the first it knows. */
export function lineFormat(config: RootConfig, files: readonly string[], flags: LineFlags): FormatConfig {
  const source = config.collector.files.find(({ path }) => files.includes(path));
  return {
    format: flags.format,
    log_format: flags.logFormat ?? source?.log_format,
    fields: source?.fields ?? {},
    host: flags.host ?? source?.host ?? 'unknown',
  };
}
