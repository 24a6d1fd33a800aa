import { expect, test } from 'vitest';
import { sampleOf } from '../site/scope.test-fixture.ts';
import { heldOut } from './mine.ts';
import type { Weighted } from './weighted.ts';

const mixed = (number: number): number => Math.imul(number + 1, 0x9e3779b1) >>> 0;
const through = (clients: readonly number[], count: number): Weighted[] =>
  Array.from({ length: count }, (_, at) => ({
    weight: 1,
    sample: sampleOf({ order: mixed(at), client: clients[at % clients.length]! }),
  }));

test('an excess that comes through a few servers is judged on requests that nothing was made from', () => {
  const excess = through([7, 8, 9], 120);
  expect(heldOut(excess, new Set())).toHaveLength(120);
  const judged = heldOut(excess, new Set([7, 8, 9])).length;
  expect(judged).toBeGreaterThan(30);
  expect(judged).toBeLessThan(90);
});
