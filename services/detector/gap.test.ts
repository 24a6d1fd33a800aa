import { expect, it } from 'vitest';
import { runDetector } from './run.test-fixture.ts';
import { crowd, inOrder, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;

it('a gap in the log: who is in the middle of a visit when it goes on is not stopped', {
  timeout: 120_000,
}, async () => {
  const people = inOrder(crowd({ seed: 31, from: start, until: start + 21 * minute, visits: () => 40 }));
  const seen = people.filter(({ at }) => at < start + 6 * minute || at >= start + 19 * minute);
  const writes = seen.filter(({ endpoint }: Sketch) => !endpoint.startsWith('GET ')).length;
  expect(writes).toBeGreaterThan(1000);
  const run = await runDetector(seen);
  expect(run.verdicts).toEqual([]);
  expect(run.campaigns.filter(({ applied_action: action }) => action !== 'observe')).toEqual([]);
});
