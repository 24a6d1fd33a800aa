import { type Command, Option } from 'commander';
import type { FormatConfig } from '../../services/collector/config.ts';
import { formatNames } from '../../services/collector/format-names.ts';
import type { RootConfig } from '../config.ts';

/** Flags of a command that reads logs. */
export interface LineFlags {
  readonly format: FormatConfig['format'];
  readonly logFormat?: string;
  readonly host?: string;
  readonly capturedHeaders?: readonly string[];
}

export function withLineFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--format <format>', 'of the lines of logs')
        .choices([...formatNames, 'auto'])
        .default('auto'),
    )
    .option('--log-format <text>', 'nginx log_format of the logs, for fields beyond combined')
    .option('--captured-headers <names>', 'haproxy: headers it captures, in order, with commas', commaList)
    .option('--host <name>', 'host of log lines that carry none');
}

const commaList = (text: string): readonly string[] => text.split(',').map((name) => name.trim());

/** How lines of these files are read: as the flags say, else as the collector would read the first it knows. */
export function lineFormat(config: RootConfig, files: readonly string[], flags: LineFlags): FormatConfig {
  const source = config.collector.files.find(({ path }) => files.includes(path));
  return {
    format: flags.format,
    log_format: flags.logFormat ?? source?.log_format,
    fields: source?.fields ?? {},
    captured_headers: [...(flags.capturedHeaders ?? source?.captured_headers ?? [])],
    host: flags.host ?? source?.host ?? 'unknown',
  };
}
