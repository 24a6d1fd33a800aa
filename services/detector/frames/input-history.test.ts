import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputHistory } from './input-history.ts';

const range = (pane: number) => ({ partition: pane % 3, first: pane * 10, last: pane * 10 + 9 });

test('names every pane of a window, and no more than whole minutes beside it', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat({ max: 4000 }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 3600 }),
      fc.nat({ max: 299 }),
      (unsorted, panes, cut) => {
        const seen = unsorted.sort((a, b) => a - b);
        let history = new InputHistory();
        seen.forEach((pane, index) => {
          if (index === cut) history = new InputHistory(structuredClone(history.snapshot()));
          history.note(pane, [range(pane)]);
        });
        const now = seen.at(-1)!;
        const within = history.within(now, panes);
        const named = (pane: number) =>
          within.some(
            ({ partition, first, last }) =>
              partition === pane % 3 && first <= pane * 10 && last >= pane * 10 + 9,
          );
        for (const pane of seen) if (pane > now - panes) expect(named(pane)).toBe(true);
        const slack = panes < 60 ? 0 : 60;
        for (const { first } of within) expect(first / 10).toBeGreaterThan(now - panes - slack);
      },
    ),
    { numRuns: 200, examples: [[[3300, 3360], 2, 0]] },
  );
});
