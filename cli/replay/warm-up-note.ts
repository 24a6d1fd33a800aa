import { formatDuration } from '../../lib/duration.ts';
import { count } from '../terminal.ts';
import type { ReplaySummary } from './summary.ts';

/** Below this share of requests after the warm-up, that nothing was stopped says little about the log. */
const tellingShare = 0.1;

/** How the warm-up limits what the report can say, in a sentence; null: it does not. */
export function warmUpNote(summary: ReplaySummary): string | null {
  const { warm_up_ms: ms, after_warm_up: after, lines, period } = summary;
  if (ms === 0 || period === null || after >= lines.parsed * tellingShare) return null;
  const warmUp = `the warm-up of ${formatDuration(ms)}`;
  const shorter = formatDuration(Math.floor((period.until - period.from) / 7 / 1000) * 1000);
  return after === 0
    ? `nothing could be stopped: all requests lie within ${warmUp}, which is only learned from; shorter: --warm-up ${shorter}`
    : `only ${count(after)} of ${count(lines.parsed)} requests came after ${warmUp}, none before could be stopped; shorter: --warm-up`;
}
