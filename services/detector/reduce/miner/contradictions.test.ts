import { expect, test } from 'vitest';
import { sampleOf } from '../site/scope.test-fixture.ts';
import { contradictions } from './contradictions.ts';
import { mineSignatures } from './mine.ts';
import { many } from './weighted.test-fixture.ts';
import type { Weighted } from './weighted.ts';

const names = ['chrome', 'safari', 'firefox', 'edge'];
const handshakes = ['c', 's', 'f', 'c'];
/** Each browser with its own handshake; chrome and edge share theirs. */
const people = many(800, 1000, (index) => ({
  browser: names[index % 4]!,
  ja4: handshakes[index % 4]!,
  http_version: '2',
}));
/** One tool with the handshake of the most frequent browser, under all names. */
const rotating = many(200, 0, (index) => ({ browser: names[index % 4]!, ja4: 'c', http_version: '2' }));

const mine = (excess: readonly Weighted[], good: readonly Weighted[]) =>
  mineSignatures({
    excess,
    weight: 1,
    honestShare: 0,
    good,
    callers: { clients: new Set(), others: { share: 1, upper: 1 } },
    siblings: [],
    taken: () => false,
    budget: { share: 0.005, upper: 0.01 },
    sparing: null,
    unsparedShare: null,
  });

test('the handshake of one browser under the names of others is found, though people have either', () => {
  const mined = mine(rotating, people);
  expect(mined.collateral).toBe(0);
  expect(mined.coverage).toBeCloseTo(0.5, 1);
  expect(mined.signatures.map(({ predicates }) => predicates)).toContainEqual([
    { attribute: 'ja4', op: 'in', values: ['c'] },
    { attribute: 'browser', op: 'not_in', values: ['chrome', 'edge'] },
  ]);
});

test('an inspecting proxy gives every browser behind it one handshake: that is no contradiction', () => {
  const proxied = many(200, 5000, (index) => ({ browser: names[index % 4]!, ja4: 'c', http_version: '2' }));
  expect(contradictions(rotating, [...people, ...proxied])).toEqual([]);
  expect(mine(rotating, [...people, ...proxied]).signatures).toEqual([]);
});

test('what comes with a value that few people have shown is not known', () => {
  const few = many(49, 7000, () => ({ browser: 'chrome', ja4: 'new', http_version: '2' }));
  const newcomers = many(200, 0, (index) => ({ browser: names[index % 4]!, ja4: 'new', http_version: '2' }));
  expect(contradictions(newcomers, few)).toEqual([]);
  const enough = [...few, ...many(1, 8000, () => ({ browser: 'chrome', ja4: 'new', http_version: '2' }))];
  expect(contradictions(newcomers, enough)).toContainEqual([
    { attribute: 'ja4', op: 'in', values: ['new'] },
    { attribute: 'browser', op: 'not_in', values: ['chrome'] },
  ]);
});

test('a browser that speaks an HTTP version it never speaks contradicts itself, in a log without handshakes too', () => {
  const plain = people.map(({ weight, sample }, index) => ({
    weight,
    sample: sampleOf(sample, { browser: names[index % 4]!, http_version: '2' }),
  }));
  const old = many(100, 0, () => ({ browser: 'chrome', http_version: '1.1' }));
  expect(contradictions(old, plain)).toContainEqual([
    { attribute: 'browser', op: 'in', values: ['chrome'] },
    { attribute: 'http_version', op: 'not_in', values: ['2'] },
  ]);
});
