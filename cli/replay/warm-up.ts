import type { InspectedFile } from '../../services/collector/collect-files.ts';
import { endStamps, headStamps } from './end-stamps.ts';

/** How the start of the input is set apart for learning: nothing is stopped in it. */
export interface WarmUp {
  /** When the input begins, epoch ms; null: not known, with the first request. */
  readonly startAt: number | null;
  readonly ms: number;
  /** The length of the input could not be known beforehand (a pipe): `ms` is a guess. */
  readonly assumed: boolean;
}

const longestMs = 24 * 3_600_000;
const assumedMs = 10 * 60_000;

/** Of the stamps at one end of a file: what a few odd lines among them do not move. */
const middle = (stamps: readonly number[]): number | null =>
  stamps.length === 0 ? null : [...stamps].sort((a, b) => a - b)[Math.floor(stamps.length / 2)]!;

/**
 * `wish`, else a seventh of the input, at most a day. Plain and compressed files, all in one or in several, give the same;
 * a pipe is not waited for. A file without a readable line says nothing.
 */
export async function chooseWarmUp(
  wish: number | 'auto',
  files: readonly InspectedFile[],
  signal?: AbortSignal,
): Promise<WarmUp> {
  const starts = files.map((file) => middle(headStamps(file))).filter((at) => at !== null);
  const startAt = starts.length === 0 ? null : Math.min(...starts);
  if (wish !== 'auto') return { startAt, ms: wish, assumed: false };
  if (startAt === null || files.some(({ input }) => input.size === null))
    return { startAt, ms: assumedMs, assumed: true };
  let endAt = startAt;
  for (const file of files) endAt = Math.max(endAt, middle(await endStamps(file, signal)) ?? startAt);
  return {
    startAt,
    ms: Math.min(longestMs, Math.floor((endAt - startAt) / 7 / 1000) * 1000),
    assumed: false,
  };
}
