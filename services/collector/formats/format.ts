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
  /** Lines that say something about the file and are no requests; absent: there are none. */
  readonly commentStart?: string;
  /** Without the line end. Never throws on any text. */
  parse(line: string): Outcome<ParsedRequest>;
}

/** A line of the catalogue. */
export interface FormatDefinition {
  readonly name: FormatName;
  /** `head`: the first lines of the input, where they may say how the others are to be read. */
  create(config: FormatConfig, head?: readonly string[]): InputFormat;
  /**
   * Whether a line looks like this format and no other, for one that reads more than it would recognise. Absent: a line
   * that can be read is recognised.
   */
  recognises?(line: string): boolean;
}
