import { ExitError } from '../exit-error.ts';
import type { Rejection } from './summary.ts';

/** Not one line of the input could be read: says why of the first. */
export function unreadableInput(lines: number, rejections: readonly Rejection[]): ExitError {
  const [first] = rejections;
  const why =
    first === undefined ? '' : `; the first: ${first.file}:${first.line} ${first.reason}: ${first.detail}`;
  return new ExitError(3, `none of ${lines} lines could be read${why}`);
}
