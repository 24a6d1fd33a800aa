import { type Outcome, ok, reject } from '../../../lib/outcome.ts';
import { createParsedRequest, type ParsedRequest } from '../parsed-request.ts';
import type { Take } from './variables.ts';

/**
 * Reads lines written by an nginx `log_format` (Apache's common and combined are the same text). The format is
 * compiled once into literals and takers; a line is scanned from left to right with indexOf, without regular
 * expressions, and only what is kept is cut out. What follows the last literal of the format is ignored.
 */
export interface LineLayout {
  /** Text before the first variable. */
  readonly prefix: string;
  readonly fields: readonly LayoutField[];
}

export interface LayoutField {
  readonly name: string;
  readonly take: Take | null;
  /** Stands between double quotes, in which \" and \x22 are escapes. */
  readonly quoted: boolean;
  /** Text between this variable and the next; of a quoted one it starts with the closing quote. */
  readonly after: string;
}

const variable = /\$\{?([a-z0-9_]+)\}?/g;

const needed: readonly (readonly [what: string, anyOf: readonly string[]])[] = [
  ['the client', ['remote_addr']],
  ['the time', ['time_local', 'time_iso8601', 'msec']],
  ['the method', ['request', 'request_method']],
  ['the path', ['request', 'request_uri', 'uri']],
];

/**
 * `escaped`: whether a quote inside of quotes is written as an escape; if not, a quoted text ends where what follows it
 * stands. Throws RangeError for a format without client, time or request, or with two variables and
 * nothing between.
 */
export function compileLayout(
  logFormat: string,
  takerOf: (variable: string) => Take | null,
  escaped = true,
): LineLayout {
  const found = [...logFormat.matchAll(variable)];
  if (found.length === 0) throw new RangeError('a log format needs at least one $variable');
  const names = new Set(found.map((match) => match[1]!));
  for (const [what, anyOf] of needed) {
    if (!anyOf.some((name) => names.has(name)))
      throw new RangeError(`the log format lacks ${what} (${anyOf.map((name) => `$${name}`).join(' or ')})`);
  }
  const prefix = logFormat.slice(0, found[0]!.index);
  const fields = found.map((match, index): LayoutField => {
    const end = match.index + match[0].length;
    const after = logFormat.slice(end, found[index + 1]?.index ?? logFormat.length);
    if (after === '' && index + 1 < found.length)
      throw new RangeError(`nothing stands between $${match[1]} and $${found[index + 1]![1]}`);
    const before = logFormat[match.index - 1];
    return {
      name: match[1]!,
      take: takerOf(match[1]!),
      quoted: escaped && before === '"' && after.startsWith('"'),
      after,
    };
  });
  return { prefix, fields };
}

export function parseLine(layout: LineLayout, line: string): Outcome<ParsedRequest> {
  const { prefix, fields } = layout;
  if (!line.startsWith(prefix)) return reject('malformed', `does not start with ${JSON.stringify(prefix)}`);
  const request = createParsedRequest();
  let position = prefix.length;
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index]!;
    const { after } = field;
    let end: number;
    if (field.quoted) end = closingQuote(line, position);
    else if (after === '') {
      end = line.indexOf(' ', position); // the last variable: anything behind it is not ours
      if (end < 0) end = line.length;
    } else end = line.indexOf(after, position);
    if (end < 0) return reject('malformed', `no end of $${field.name}`);
    if (field.take !== null) {
      const problem = field.take(request, line, position, end);
      if (problem !== null) return reject('malformed', `$${field.name}: ${problem}`);
    }
    if (field.quoted && after.length > 1 && !line.startsWith(after, end)) {
      // Formats are often cut short by the reader; a line may end right after a closing quote.
      return reject('malformed', `${JSON.stringify(after)} expected after $${field.name}`);
    }
    position = end + after.length;
  }
  if (Number.isNaN(request.timestamp)) return reject('malformed', 'no time stamp');
  if (request.method === '') return reject('malformed', 'no request');
  return ok(request);
}

function closingQuote(line: string, from: number): number {
  let index = from;
  for (;;) {
    index = line.indexOf('"', index);
    if (index < 0) return -1;
    let backslashes = 0;
    while (index - backslashes > from && line.charCodeAt(index - 1 - backslashes) === 92) backslashes++;
    if (backslashes % 2 === 0) return index;
    index++;
  }
}

/** Undoes `\x22`, `\"`, `\\` and `\n`; runs of `\xHH` are UTF-8. */
export function unescapeText(text: string): string {
  if (!text.includes('\\')) return text;
  let result = '';
  let copied = 0;
  for (let index = text.indexOf('\\'); index >= 0; index = text.indexOf('\\', copied)) {
    result += text.slice(copied, index);
    let next = text[index + 1];
    if (next === 'x' && isHex(text, index + 2)) {
      const bytes: number[] = [];
      while (next === 'x' && text[index] === '\\' && isHex(text, index + 2)) {
        bytes.push(Number.parseInt(text.slice(index + 2, index + 4), 16));
        index += 4;
        next = text[index + 1];
      }
      result += Buffer.from(bytes).toString('utf8');
      copied = index;
    } else if (next === undefined) {
      result += '\\';
      copied = index + 1;
    } else {
      result += next === 'n' ? '\n' : next === 't' ? '\t' : next === 'r' ? '\r' : next;
      copied = index + 2;
    }
  }
  return result + text.slice(copied);
}

function isHex(text: string, at: number): boolean {
  for (let index = at; index < at + 2; index++) {
    const code = text.charCodeAt(index);
    if (!((code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 102))) return false;
  }
  return true;
}

const dash = 45;

/** `-` and nothing mean absent. */
export function absent(line: string, from: number, to: number): boolean {
  return to === from || (to === from + 1 && line.charCodeAt(from) === dash);
}
