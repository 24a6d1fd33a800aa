import { setImmediate as breathe } from 'node:timers/promises';
import type { LabelledEvent } from '../../generate/event.ts';
import type { EvaluatedDetector } from './detector.ts';

/** Stops what a rule on a single request says, always: a suite that such a thing passes is broken. */
function constant(name: string, stops: (labelled: LabelledEvent) => boolean): EvaluatedDetector {
  return {
    name,
    operatingPoints: ['as it is'],
    async run(input) {
      let stoppedAny = false;
      let count = 0;
      for (const labelled of input.events()) {
        const stopped = stops(labelled);
        stoppedAny ||= stopped;
        input.settled(labelled.event.timestamp, labelled.label, stopped ? 'blocked' : 'allowed');
        if (++count % 5000 === 0) {
          input.signal.throwIfAborted();
          await breathe();
        }
      }
      return { campaigns: [], decisions: stoppedAny ? 1 : 0 };
    },
  };
}

/** Everybody at what is under attack. */
export const stopTarget = constant('stop-target', ({ label }) => label.on_target);
export const stopNobody = constant('stop-nobody', () => false);
/** Every agent that says no language. */
export const noAcceptLanguage = constant(
  'no-accept-language',
  ({ event }) => event.accept_language === undefined,
);
