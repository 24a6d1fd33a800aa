import { unescapeText } from './formats/access-log.ts';
import { createTextTable, type MetText, type TextTable } from './text-table.ts';

/** A text that repeats in lines, with what may be kept of it. */
export interface KnownText extends MetText {
  /** Without escapes. */
  readonly text: string;
  /** What the redactor made of it; null: it has not met it yet. */
  safe: string | null;
}

export function createKnownTexts(bits: number): TextTable<KnownText> {
  return createTextTable(bits, (raw) => ({ raw, text: unescapeText(raw), safe: null }));
}
