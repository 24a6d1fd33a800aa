import type { Outcome } from '../../../lib/outcome.ts';
import type { FormatConfig, FormatName } from '../config.ts';
import type { ParsedRequest } from '../parsed-request.ts';

/** One way to read a line. Instances may cache (the last time stamp); they hold nothing that changes an answer. */
export interface InputFormat {
  readonly name: FormatName;
  /** For people: what was recognised. */
  readonly title: string;
  /** How far out of order lines of this kind stand by nature: the default lateness of a file. */
  readonly latenessMs: number;
  /** Without the line end. Never throws on any text. */
  parse(line: string): Outcome<ParsedRequest>;
}

/** A line of the catalogue. */
export interface FormatDefinition {
  readonly name: FormatName;
  create(config: FormatConfig): InputFormat;
}
