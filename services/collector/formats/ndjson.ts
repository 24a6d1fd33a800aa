import { type Outcome, reject } from '../../../lib/outcome.ts';
import { isTooDeep } from '../nesting.ts';
import { normalise } from '../normalise.ts';
import type { ParsedRequest } from '../parsed-request.ts';
import type { FormatDefinition } from './format.ts';

/** Parses a line as JSON and hands it on; the reason is the parser's, without the text it stumbled over. */
export function parseJsonLine(
  line: string,
  read: (input: unknown) => Outcome<ParsedRequest>,
): Outcome<ParsedRequest> {
  let input: unknown;
  try {
    input = JSON.parse(line);
  } catch {
    return reject('malformed', 'not JSON');
  }
  if (isTooDeep(input)) return reject('invalid', 'nested too deeply');
  return read(input);
}

/** RequestEvents in clear text, one JSON object a line: also what POST /v1/events takes. */
export const ndjson: FormatDefinition = {
  name: 'ndjson',
  create: () => ({
    name: 'ndjson',
    title: 'ndjson (RequestEvent)',
    latenessMs: 1000,
    parse: (line) => parseJsonLine(line, normalise),
  }),
};
