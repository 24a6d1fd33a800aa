import type { FormatConfig, FormatName } from '../config.ts';
import { alb } from './alb.ts';
import { caddy } from './caddy.ts';
import { cloudflare } from './cloudflare.ts';
import { cloudfront } from './cloudfront.ts';
import { combined } from './combined.ts';
import { common } from './common.ts';
import { envoy } from './envoy.ts';
import { fastly } from './fastly.ts';
import type { FormatDefinition, InputFormat } from './format.ts';
import { haproxy } from './haproxy.ts';
import { json } from './json.ts';
import { ndjson } from './ndjson.ts';
import { traefik } from './traefik.ts';

/** Every format, the most particular first: of two that read equally much the earlier is taken. */
export const formats: readonly FormatDefinition[] = [
  ndjson,
  cloudflare,
  cloudfront,
  caddy,
  fastly,
  alb,
  envoy,
  haproxy,
  traefik,
  combined,
  common,
  json,
];

export function createFormat(
  name: FormatName,
  config: FormatConfig,
  head: readonly string[] = [],
): InputFormat {
  return formats.find((each) => each.name === name)!.create(config, head);
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
  if (config.format !== 'auto') return createFormat(config.format, config, lines);
  if (config.log_format !== undefined) return createFormat('combined', config, lines);
  const sample = lines.filter((line) => line.trim() !== '');
  if (sample.length === 0) return createFormat('ndjson', config, lines);
  const tried = formats.map((definition) => {
    const format = definition.create(config, lines);
    const start = format.commentStart;
    const requests = start === undefined ? sample : sample.filter((line) => !line.startsWith(start));
    let read = 0;
    let reason = '';
    for (const line of requests) {
      const outcome = format.parse(line);
      if (outcome.kind === 'reject') reason ||= outcome.detail;
      else if (definition.recognises?.(line) === false) reason ||= 'not of its usual fields';
      else read++;
    }
    return { format, share: read / Math.max(1, requests.length), reason };
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
