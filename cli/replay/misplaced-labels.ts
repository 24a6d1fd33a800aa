import type { CollectResult } from '../../services/collector/collect-files.ts';
import { count } from '../terminal.ts';
import type { LabelBook } from './label-book.ts';

/**
 * Why labels that go by line can not be held against an input; null: they can. `settled`: requests that came out of it, as
 * one that was logged twice does not.
 */
export function misplacedLabels(
  labels: Pick<LabelBook, 'size' | 'byLine'> | null,
  { files, lines, accepted }: Pick<CollectResult, 'files' | 'lines' | 'accepted'>,
  settled: number,
): string | null {
  if (labels?.byLine !== true) return null;
  const why =
    files.length > 1
      ? `the input is ${files.length} files`
      : labels.size !== lines
        ? `there are ${count(labels.size)} for ${count(lines)} lines`
        : settled !== accepted
          ? `ids repeat (${count(accepted - settled)} of ${count(accepted)} lines)`
          : null;
  return why === null
    ? null
    : `The labels have no ids of this log, so they go by line, and ${why}: nothing was scored. They take one label for each line of one log, also for those that can not be read.`;
}
