import type { TopicName } from '../../../lib/contracts/topics.ts';
import type { LogBatch, LogRecord } from '../../../lib/log/log.ts';
import type { PartitionState, StatefulStep, StepOutput } from '../../../lib/log/step.ts';
import type { PolicyTimeline } from './timeline.ts';

/**
 * A step that is given a batch once it is settled which policies hold for all of it. `timeOf`: how far a record reaches,
 * in event time.
 */
export function settledOnly<T extends TopicName>(
  step: StatefulStep<T>,
  timeline: PolicyTimeline,
  timeOf: (record: LogRecord<T>) => number,
): StatefulStep<T> {
  const wait = async (state: PartitionState<T>, batch: LogBatch<T>, until: number): Promise<StepOutput> => {
    while (until >= timeline.settledUntil()) await timeline.settledFurther();
    return state.process(batch);
  };
  return {
    ...step,
    open: (partition, snapshot) => {
      const state = step.open(partition, snapshot);
      return {
        process: (batch) => {
          if (timeline.settledUntil() === Infinity) return state.process(batch);
          let until = -Infinity;
          for (const record of batch.records) until = Math.max(until, timeOf(record));
          return until < timeline.settledUntil() ? state.process(batch) : wait(state, batch, until);
        },
        snapshot: () => state.snapshot(),
      };
    },
  };
}
