import type { Outcome } from '../../../lib/outcome.ts';
import type { FormatConfig } from '../config.ts';
import type { FormatName } from '../format-names.ts';
import type { ParsedRequest } from '../parsed-request.ts';

/**
 * One way to read a line. An instance reads one file from its start: what a directive said holds for the lines after
 * it, and for those of no other file.
 */
export interface InputFormat {
  readonly name: FormatName;
  /** For people: what was recognised. */
  readonly title: string;
  /** How far out of order lines of this kind stand by nature: the default lateness of a file. */
  readonly latenessMs: number;
  /**
   * Takes a line that says something about the lines after it and is no request; false: it is none of these. Absent:
   * the format has none. Never throws on any text.
   */
  directive?(line: string): boolean;
  /** Without the line end. Never throws on any text. */
  parse(line: string): Outcome<ParsedRequest>;
}

/** A line of the catalogue. */
export interface FormatDefinition {
  readonly name: FormatName;
  create(config: FormatConfig): InputFormat;
  /**
   * Whether a line looks like this format and no other, for one that reads more than it would recognise. Absent: a line
   * that can be read is recognised.
   */
  recognises?(line: string): boolean;
}
