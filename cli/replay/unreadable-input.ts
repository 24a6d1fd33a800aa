import { ExitError } from '../exit-error.ts';
import type { Rejection } from './summary.ts';

/**
 * Not one line of the input could be read: says why of the first. `damaged`: what is known of damage to files, which is then
 * the reason.
 */
export function unreadableInput(
  {
    files,
    lines,
    rejections,
  }: {
    readonly files: readonly string[];
    readonly lines: number;
    readonly rejections: readonly Rejection[];
  },
  damaged: readonly string[] = [],
): ExitError {
  if (damaged.length > 0) return damagedInput(damaged);
  if (lines === 0) return noLines(files);
  const [first] = rejections;
  const why =
    first === undefined ? '' : `; the first: ${first.file}:${first.line} ${first.reason}: ${first.detail}`;
  return new ExitError(3, `none of ${lines} lines could be read${why}`);
}

/** Told after the report: it is about a part of the input. */
export const damagedInput = (damaged: readonly string[]): ExitError => new ExitError(3, damaged.join('; '));

export const noLines = (files: readonly string[]): ExitError =>
  new ExitError(3, `no lines in ${files.map(shown).join(', ')}`);

const shown = (file: string): string => (file === '-' ? 'standard input' : file);
