import type { FormatConfig, FormatName } from '../config.ts';
import { combined } from './combined.ts';
import { common } from './common.ts';
import type { FormatDefinition, InputFormat } from './format.ts';
import { json } from './json.ts';
import { ndjson } from './ndjson.ts';

/** Every format, the most particular first: of two that read equally much the earlier is taken. */
export const formats = [ndjson, combined, common, json] as const satisfies readonly FormatDefinition[];

export function createFormat(name: FormatName, config: FormatConfig): InputFormat {
  return formats.find((each) => each.name === name)!.create(config);
}

/** No format reads this input, or the one asked for does not. The message says what was tried. */
export class UnreadableFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableFormatError';
  }
}

export const sampleLines = 200;
const acceptableShare = 0.5;

/**
 * The format that reads most of the sample, if that is at least half of it. A configured `log_format` settles the
 * question; of an empty input anything may be said.
 */
export function detectFormat(lines: readonly string[], config: FormatConfig, name: string): InputFormat {
  if (config.format !== 'auto') return createFormat(config.format, config);
  if (config.log_format !== undefined) return createFormat('combined', config);
  const sample = lines.filter((line) => line.trim() !== '');
  if (sample.length === 0) return createFormat('ndjson', config);
  const tried = formats.map((definition) => {
    const format = definition.create(config);
    let read = 0;
    let reason = '';
    for (const line of sample) {
      const outcome = format.parse(line);
      if (outcome.kind === 'ok') read++;
      else if (reason === '') reason = outcome.detail;
    }
    return { format, share: read / sample.length, reason };
  });
  const best = tried.reduce((a, b) => (b.share > a.share ? b : a));
  if (best.share >= acceptableShare) return best.format;
  const details = tried.map(
    ({ format, share, reason }) => `  ${format.name}: ${Math.round(share * 100)} % of lines (${reason})`,
  );
  throw new UnreadableFormatError(
    `${name}: no known format reads its first ${sample.length} lines\n${details.join('\n')}\n` +
      'Name one with --format, or describe it with log_format (nginx) or fields (JSON) in the configuration.',
  );
}
