import type { Log } from '../../lib/log/log.ts';

/**
 * Up to which moment of event time all decisions are known. The chain is short: what match has committed it has judged
 * and published; what the decider has committed of that has become decisions; those the tail has handed on.
 */
export interface DecisionClock {
  /** A watermark stands at this offset of requests.enriched: nothing earlier than `at` follows. */
  mark(offset: number, at: number): void;
  /** Looks how far the chain has come; resolves to the clock, -Infinity before the first mark is passed. */
  advance(): Promise<number>;
}

const matchGroup = 'tidegate.detector.match';
const deciderGroup = 'tidegate.decider';

export function createDecisionClock(options: {
  readonly log: Log;
  /** Offsets after the last decision handed on, by partition. */
  handedOn(): readonly number[];
  /** Lets the other loops of this process run. */
  pause(): Promise<void>;
}): DecisionClock {
  const { log, handedOn, pause } = options;
  let marks: { readonly offset: number; readonly at: number }[] = [];
  let clock = -Infinity;

  const reached = async (
    ends: readonly number[],
    positions: () => Promise<readonly number[]>,
  ): Promise<void> => {
    while ((await positions()).some((position, index) => position < ends[index]!)) await pause();
  };
  const committed = async (): Promise<readonly number[]> =>
    (await log.committed(deciderGroup, 'verdicts')).map((entry) => entry?.offset ?? 0);

  return {
    mark(offset, at) {
      marks.push({ offset, at });
    },
    async advance() {
      const [match] = await log.committed(matchGroup, 'requests.enriched');
      const position = match?.offset ?? 0;
      let passed = 0;
      while (passed < marks.length && marks[passed]!.offset < position) passed++;
      if (passed === 0) return clock;
      const next = marks[passed - 1]!.at;
      marks = marks.slice(passed);
      await reached((await log.status('verdicts')).endOffsets, committed);
      await reached((await log.status('decisions')).endOffsets, async () => handedOn());
      clock = Math.max(clock, next);
      return clock;
    },
  };
}
