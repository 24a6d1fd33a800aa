import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { didYouMean } from '../../lib/did-you-mean.ts';
import type { FileSourceConfig, FormatConfig } from '../../services/collector/config.ts';
import { formatNames } from '../../services/collector/format-names.ts';
import type { RootConfig } from '../config.ts';
import { ExitError } from '../exit-error.ts';

/** Flags of a command that reads logs. */
export interface LineFlags {
  readonly source?: string;
  readonly format: FormatConfig['format'];
  readonly logFormat?: string;
  readonly host?: string;
  readonly capturedHeaders?: readonly string[];
}

export function withLineFlags(command: Command): Command {
  return command
    .option(
      '--source <id>',
      'read the lines as this source of collector.files (default: the one of the path)',
    )
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

export interface LineFormat {
  readonly format: FormatConfig;
  /** What of the configuration is not used although one might think so. */
  readonly notes: readonly string[];
}

/** How lines of these files are read: as the flags say, else as the collector would read the first it knows. */
export function lineFormat(config: RootConfig, files: readonly string[], flags: LineFlags): LineFormat {
  const sources = config.collector.files;
  const known = flags.source === undefined ? sourcesOf(sources, files) : [named(sources, flags.source)];
  const [source] = known;
  const format: FormatConfig = {
    format: flags.format === 'auto' ? (source?.format ?? 'auto') : flags.format,
    log_format: flags.logFormat ?? source?.log_format,
    fields: source?.fields ?? {},
    captured_headers: [...(flags.capturedHeaders ?? source?.captured_headers ?? [])],
    host: flags.host ?? source?.host ?? 'unknown',
  };
  return { format, notes: notesOn(sources, known, format) };
}

function named(sources: readonly FileSourceConfig[], id: string): FileSourceConfig {
  const source = sources.find((each) => each.id === id);
  if (source !== undefined) return source;
  const ids = sources.map((each) => each.id);
  const there = ids.length === 0 ? 'collector.files has none' : `collector.files has ${ids.join(', ')}`;
  throw new ExitError(2, `--source ${id}: there is no such source${didYouMean(id, ids)}; ${there}`);
}

/** In the order of the files. One path may be written in many ways. */
function sourcesOf(
  sources: readonly FileSourceConfig[],
  files: readonly string[],
): readonly FileSourceConfig[] {
  const byFile = new Map(sources.map((source) => [realPath(source.path), source]));
  return [...new Set(files.flatMap((file) => (file === '-' ? [] : (byFile.get(realPath(file)) ?? []))))];
}

/** Also of what is not there: a source may be of another machine. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

function notesOn(
  sources: readonly FileSourceConfig[],
  known: readonly FileSourceConfig[],
  { format }: FormatConfig,
): readonly string[] {
  const [first, ...others] = known;
  if (others.length > 0)
    return [
      `the logs are of sources ${known.map(({ id }) => id).join(' and ')}: all lines are read as those of ${first!.id} (--source)`,
    ];
  const mapped = sources.filter(saysMore);
  // the fields of ndjson have the names they have
  if (first !== undefined || mapped.length === 0 || format === 'ndjson') return [];
  const ids = mapped.map(({ id }) => id).join(', ');
  return [
    `no source of collector.files has the path of these logs: what it says of lines (${ids}) is not used; --source ${mapped[0]!.id} uses it`,
  ];
}

/** How its lines are read is more than could be told from the lines. */
const saysMore = (source: FileSourceConfig): boolean =>
  Object.keys(source.fields).length > 0 ||
  source.log_format !== undefined ||
  source.captured_headers.length > 0;
