import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTimeline } from './timeline.ts';

const note = fc.tuple(fc.integer({ min: 0, max: 3e12 }), fc.boolean());

test('every request is in one step, steps are few and cover the time, in any order of arrival', () => {
  fc.assert(
    fc.property(fc.array(note, { minLength: 1, maxLength: 60 }), (notes) => {
      const of = (list: typeof notes) => {
        const timeline = createTimeline();
        for (const [at, isStopped] of list) timeline.note(at, isStopped);
        return timeline.result()!;
      };
      const result = of(notes);
      const sum = (counts: readonly number[]) => counts.reduce((total, each) => total + each, 0);
      const stopped = notes.filter(([, isStopped]) => isStopped).length;
      expect([sum(result.passed), sum(result.stopped)]).toEqual([notes.length - stopped, stopped]);
      expect(result.passed.length).toBeLessThanOrEqual(360);
      const times = notes.map(([at]) => at);
      expect(result.from).toBeLessThanOrEqual(Math.min(...times));
      expect(result.from + result.passed.length * result.step_ms).toBeGreaterThan(Math.max(...times));
      expect(of([...notes].reverse())).toEqual(result);
    }),
  );
});

test('nothing seen is no timeline; a minute is told by the second', () => {
  const timeline = createTimeline();
  expect(timeline.result()).toBe(null);
  for (let second = 0; second < 60; second++) timeline.note(second * 1000, second >= 30);
  expect(timeline.result()).toMatchObject({ from: 0, step_ms: 1000 });
});
