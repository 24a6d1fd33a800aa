import type { CollectProgress } from '../../services/collector/collect-files.ts';
import { ExitError } from '../exit-error.ts';
import { count, percent } from '../terminal.ts';

type Lines = Pick<CollectProgress, 'lines' | 'accepted' | 'rejected' | 'late' | 'future'>;

/** A few lines are lost of any log; with this share of them something is wrong with it, or with how it is read. */
const worthTelling = 0.05;
/** With more than this share lost, a result that has found nothing says nothing about the log. */
const worthFailing = 0.5;

/** What is to be told of lines that were left out, with what to do about it; none when they are few. */
export function lostLines({ lines, accepted, rejected, late, future }: Lines): readonly string[] {
  const lost = (number: number, why: string) =>
    `${count(number)} of ${count(lines)} lines (${percent(number / lines, 1)}) ${why} and were left out: the result is about the other ${count(accepted)}.`;
  const isMuch = (number: number) => number > lines * worthTelling;
  const told: string[] = [];
  // a line ahead of those beside it and one behind them are the same fault of the file
  if (isMuch(late + future))
    told.push(
      `${lost(late + future, 'are in no order of time')} Sort them by time first; if the newest stands first: tac FILE | tidegate … -`,
    );
  if (isMuch(rejected))
    told.push(
      `${lost(rejected, 'could not be read')} How they are written is said with --format or --log-format`,
    );
  return told;
}

/** The result is about the smaller part of the input: told after it. null: it is about most of it. */
export function mostlyLost(lines: { readonly read: number; readonly parsed: number }): ExitError | null {
  const lost = lines.read - lines.parsed;
  return lost > lines.read * worthFailing
    ? new ExitError(3, `${count(lost)} of ${count(lines.read)} lines were left out: most of the input`)
    : null;
}
