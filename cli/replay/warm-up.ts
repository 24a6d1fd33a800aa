import { createReadStream } from 'node:fs';
import type { InspectedFile } from '../../services/collector/collect-files.ts';

const longestMs = 24 * 3_600_000;
/** Where the length of the input can't be known beforehand (gzip, a pipe). */
const fallbackMs = 10 * 60_000;
const tailBytes = 64 * 1024;

/** Stamp of the last readable line of a plain file, epoch ms. */
async function lastStamp({ input, format }: InspectedFile): Promise<number | null> {
  if (input.size === null || input.name.endsWith('.gz')) return null;
  const end = createReadStream(input.name, {
    start: Math.max(0, input.size - tailBytes),
    end: Math.max(0, input.size - 1),
  });
  const lines = Buffer.concat(await end.toArray())
    .toString('utf8')
    .split('\n')
    .reverse();
  for (const line of lines) {
    if (line.trim() === '') continue;
    const outcome = format.parse(line.trimEnd());
    if (outcome.kind === 'ok') return outcome.value.timestamp;
  }
  return null;
}

/** How long the start of the input is for learning only: a seventh of it, at most a day. */
export async function chooseWarmUp(wish: number | 'auto', files: readonly InspectedFile[]): Promise<number> {
  if (wish !== 'auto') return wish;
  const first = files[0]?.firstAt ?? null;
  const stamps = await Promise.all(files.map(lastStamp));
  if (first === null || stamps.includes(null)) return fallbackMs;
  const lengthMs = Math.max(...(stamps as number[])) - first;
  return Math.min(longestMs, Math.max(0, Math.floor(lengthMs / 7 / 1000) * 1000));
}
