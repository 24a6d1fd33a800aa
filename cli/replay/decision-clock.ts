import type { Log } from '../../lib/log/log.ts';
import { followed, groupReader, type Reader } from './readers.ts';

/**
 * Up to which moment of event time all decisions are known. What match has committed it has judged and published, and
 * combine and reduce before it; what has been found by then is followed from reader to reader.
 */
export interface DecisionClock {
  /** A watermark stands at this offset of requests.enriched: nothing earlier than `at` follows. */
  mark(offset: number, at: number): void;
  /** Looks how far the chain has come; resolves to the clock, -Infinity before the first mark is passed. */
  advance(): Promise<number>;
}

export function createDecisionClock(options: {
  readonly log: Log;
  /** Through whom findings become decisions that are known here. */
  readonly path: readonly Reader[];
  /** Lets the other loops of this process run. */
  pause(): Promise<void>;
}): DecisionClock {
  const { log, path, pause } = options;
  const match = groupReader(log, 'tidegate.detector.match', 'requests.enriched');
  let marks: { readonly offset: number; readonly at: number }[] = [];
  let clock = -Infinity;

  return {
    mark(offset, at) {
      marks.push({ offset, at });
    },
    async advance() {
      const [position = 0] = await match.positions();
      let passed = 0;
      while (passed < marks.length && marks[passed]!.offset < position) passed++;
      if (passed === 0) return clock;
      const next = marks[passed - 1]!.at;
      marks = marks.slice(passed);
      await followed(log, path, pause);
      clock = Math.max(clock, next);
      return clock;
    },
  };
}
