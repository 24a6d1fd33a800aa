import { expect, test } from 'vitest';
import { tooLong } from '../../nameable.ts';
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

test('a tool with ever other devices is named by the version of the app that it imitates', () => {
  const app = (version: string, count: number, from: number): Weighted[] =>
    Array.from({ length: count }, (_, index) => {
      const said = {
        user_agent: `Shop/${version} (Android ${12 + (index % 4)}; SM-${index})`,
        product: `Shop/${version}`,
      };
      return { weight: 1, sample: sampleOf({ order: from + index, client: from + index }, said) };
    });
  const found = candidatePredicates(
    app('7.2.0', 60, 0),
    [...app('8.1.0', 400, 100), ...app('7.2.0', 4, 600)],
    { addresses: false, networks: false },
    false,
  );
  expect(found).toContainEqual({ attribute: 'product', op: 'in', values: ['Shop/7.2.0'] });
});

test('a value too long to be sampled is named by no list, and is another one than those that are', () => {
  const many = (count: number, from: number, language: string, ja4 = language): Weighted[] =>
    Array.from({ length: count }, (_, index) => ({
      weight: 1,
      sample: sampleOf({ order: from + index, client: from + index }, { accept_language: language, ja4 }),
    }));
  const found = candidatePredicates(
    many(40, 0, tooLong),
    [...many(100, 100, 'de'), ...many(100, 300, 'en', tooLong)],
    { addresses: false, networks: false },
    true,
  );
  expect(found.filter(({ values }) => values.includes(tooLong))).toEqual([]);
  expect(found).toContainEqual({ attribute: 'accept_language', op: 'not_in', values: ['de', 'en'] });
  expect(found).not.toContainEqual({ attribute: 'accept_language', op: 'absent', values: [] });
});
