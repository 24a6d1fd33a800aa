import type { Outcome } from '../../../lib/outcome.ts';
import type { FieldMap, FormatConfig } from '../config.ts';
import { compileFieldMap } from '../field-map.ts';
import type { FormatName } from '../format-names.ts';
import type { ParsedRequest } from '../parsed-request.ts';
import type { FormatDefinition } from './format.ts';
import { parseJsonLine } from './ndjson.ts';

type Json = { readonly [name: string]: unknown };

/** JSON lines of one known program. What the configuration says of a field comes before what is said here. */
export interface JsonPreset {
  readonly name: FormatName;
  readonly title: string;
  readonly latenessMs: number;
  readonly fields: FieldMap;
  recognises(input: Json): boolean;
  /** Takes over what a map of fields can not say. */
  finish?(request: ParsedRequest, input: Json): void;
}

const brace = 123;

/** Whether a line is a JSON object, if it is JSON at all. */
export const startsAsJson = (line: string): boolean => line.charCodeAt(0) === brace;

function objectOf(line: string): Json | null {
  if (!startsAsJson(line)) return null;
  try {
    return JSON.parse(line) as Json;
  } catch {
    return null;
  }
}

export function jsonPreset(preset: JsonPreset): FormatDefinition {
  const { name, title, latenessMs } = preset;
  return {
    name,
    recognises(line) {
      const input = objectOf(line);
      return input !== null && preset.recognises(input);
    },
    create({ fields }) {
      const read = compileFieldMap({ ...preset.fields, ...fields });
      const complete = (input: unknown) => {
        const outcome = read(input);
        if (outcome.kind === 'ok') preset.finish?.(outcome.value, input as Json);
        return outcome;
      };
      return { name, title, latenessMs, parse: (line) => parseJsonLine(line, complete) };
    },
  };
}

/** One program's log, each line as JSON or as text; a line of text is recognised when it can be read. */
export function jsonOrText(
  title: string,
  jsonLines: FormatDefinition,
  textParser: (config: FormatConfig) => (line: string) => Outcome<ParsedRequest>,
): FormatDefinition {
  return {
    name: jsonLines.name,
    recognises: (line) => !startsAsJson(line) || jsonLines.recognises!(line),
    create(config) {
      const json = jsonLines.create(config);
      const text = textParser(config);
      return { ...json, title, parse: (line) => (startsAsJson(line) ? json.parse(line) : text(line)) };
    },
  };
}
