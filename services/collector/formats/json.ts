import { compileFieldMap } from '../field-map.ts';
import type { FormatDefinition } from './format.ts';
import { parseJsonLine } from './ndjson.ts';

/** JSON lines of any other shape: well-known field names, and what `fields` says. */
export const json: FormatDefinition = {
  name: 'json',
  create: ({ fields }) => {
    const read = compileFieldMap(fields);
    return {
      name: 'json',
      title: 'JSON lines',
      latenessMs: 5000,
      parse: (line) => parseJsonLine(line, read),
    };
  },
};
