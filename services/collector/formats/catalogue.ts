import type { FormatConfig } from '../config.ts';
import type { FormatName } from '../format-names.ts';
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
 * The format that reads most of the sample, if that is at least half of it: an instance that has seen no line yet. A
 * configured `log_format` settles the question, and so does a sample of nothing but the directives of one format; of an
 * empty input anything may be said.
 */
export function detectFormat(lines: readonly string[], config: FormatConfig, name: string): InputFormat {
  if (config.format !== 'auto') return createFormat(config.format, config);
  if (config.log_format !== undefined) return createFormat('combined', config);
  const sample = lines.filter((line) => line.trim() !== '');
  if (sample.length === 0) return createFormat('ndjson', config);
  const tried = formats.map((definition) => {
    const format = definition.create(config);
    let requests = 0;
    let read = 0;
    let reason = '';
    for (const line of sample) {
      if (format.directive?.(line) === true) continue;
      requests++;
      const outcome = format.parse(line);
      if (outcome.kind === 'reject') reason ||= outcome.detail;
      else if (definition.recognises?.(line) === false) reason ||= 'not of its usual fields';
      else read++;
    }
    return { name: format.name, share: requests === 0 ? 1 : read / requests, reason };
  });
  const best = tried.reduce((a, b) => (b.share > a.share ? b : a));
  if (best.share >= acceptableShare) return createFormat(best.name, config);
  const details = tried.map(
    (each) => `  ${each.name}: ${Math.round(each.share * 100)} % of lines (${each.reason})`,
  );
  throw new UnreadableFormatError(
    `${name}: no known format reads its first ${sample.length} lines\n${details.join('\n')}\n` +
      'Name one with --format, or describe it with --log-format (nginx) or, under collector.files, with fields (JSON; --source).',
  );
}
