import { expect, test } from 'vitest';
import { sampleOf } from '../site/scope.test-fixture.ts';
import { candidatePredicates } from './candidates.ts';
import type { Weighted } from './weighted.ts';

const withVersion = (version: number, index: number): Weighted => ({
  weight: 1,
  sample: sampleOf({ order: index, client: index }, { browser_version: String(version) }),
});

test('a range of versions can begin where those of the attack begin', () => {
  const bad = Array.from({ length: 40 }, (_, index) => withVersion(41 + index, index));
  const good = Array.from({ length: 400 }, (_, index) =>
    withVersion(index % 2 === 0 ? 26 : 150, 100 + index),
  );
  const found = candidatePredicates(bad, good, { addresses: false, networks: false }, false);
  expect(found).toContainEqual({ attribute: 'browser_version', op: 'gte', values: ['41'] });
  expect(found).toContainEqual({ attribute: 'browser_version', op: 'lte', values: ['80'] });
});
