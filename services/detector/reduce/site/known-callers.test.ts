import { expect, test } from 'vitest';
import { type CountName, countIndex, countNames, flag } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { createBaseline } from './baseline.ts';
import { setCallersApart, stopsServer, updateKnownCallers } from './known-callers.ts';
import { paneOf, sampleOf, scopeOf } from './scope.test-fixture.ts';
import { samplesOf, split } from './scope.ts';
import { watchedScope } from './site-state.ts';

const serverFlags = flag.direct | flag.hostile | flag.succeeding;
const pane = 60;

/** Ten requests of people, two of them direct, and as many of each of two servers. */
const requests: readonly Sample[] = [
  ...Array.from({ length: 10 }, (_, index) =>
    sampleOf({ order: index, client: 1000 + index, flags: index < 2 ? flag.direct : flag.succeeding }),
  ),
  ...Array.from({ length: 20 }, (_, index) =>
    sampleOf({ order: 50 + index, client: 1 + (index % 2), flags: serverFlags }),
  ),
];

function watch(fn: string, failing = 0) {
  const group = paneOf(requests);
  const counted: { [N in CountName]?: number } = { direct: 22, hostile: 20, network_known: 30 };
  const counts = countNames.map((name, index) => counted[name] ?? group.counts[index]!);
  const scope = scopeOf(pane, [{ ...group, counts }]);
  const baseline = createBaseline(0);
  baseline.totals[countIndex.requests] = 1000;
  baseline.totals[countIndex.direct] = 700;
  for (let round = 0; round < 10; round++)
    for (const sample of requests)
      baseline.reference.push(
        sample.client < 10 && round < failing
          ? { ...sample, flags: sample.flags | flag.failing }
          : { ...sample, client: sample.client < 10 ? sample.client : sample.client + 100 * round },
      );
  return watchedScope({ ...scope, traits: { ...scope.traits, function: fn } }, baseline);
}

test('what two servers do that make up most of the calls is no habit of the people there', () => {
  const watched = watch('inventory');
  setCallersApart(watched, pane);
  expect(split(watched.scope, 'direct', pane, 1)).toEqual([22, 30]);

  updateKnownCallers(watched);
  expect(watched.baseline.callers).toEqual(new Set([1, 2]));
  setCallersApart(watched, pane);
  expect(split(watched.scope, 'direct', pane, 1)).toEqual([2, 10]);
  expect(split(watched.scope, 'hostile', pane, 1)).toEqual([20, 30]);
  // a rule costs them what it costs
  expect(samplesOf(watched.scope, pane, 1, (flags) => (flags & flag.hostile) !== 0)).toHaveLength(20);
});

test('not at a log-in, where they speak for others, nor who is mostly refused', () => {
  for (const watched of [watch('login'), watch('inventory', 6)]) {
    updateKnownCallers(watched);
    expect(watched.baseline.callers.size).toBe(0);
  }
});

test('who is spared alone is asked of each of them: one that nothing speaks for would be stopped altogether', () => {
  const watched = watch('inventory');
  expect(stopsServer(watched, 0)).toBe(false);
  updateKnownCallers(watched);
  expect(stopsServer(watched, 0)).toBe(true);
  const { reference } = watched.baseline;
  const withHistory = (of: number): void =>
    reference.forEach((sample, index) => {
      if (sample.client === of) reference[index] = { ...sample, flags: sample.flags | flag.good };
    });
  withHistory(1);
  expect(stopsServer(watched, 0)).toBe(true);
  withHistory(2);
  expect(stopsServer(watched, 0)).toBe(false);
});
