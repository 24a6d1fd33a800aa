import { expect, test } from 'vitest';
import { didYouMean } from './did-you-mean.ts';

const words = ['detector', 'collector', 'log', 'status'];

test.each([
  ['detectr', 'detector'],
  ['detectro', 'detector'],
  ['Log', 'log'],
  ['statuss', 'status'],
  ['colector', 'collector'],
])('%s: did you mean %s', (word, meant) => {
  expect(didYouMean(word, words)).toBe(` (did you mean "${meant}"?)`);
});

test('what is like none is like none', () => {
  for (const word of ['', 'zzz', 'edges', 'x'.repeat(10_000)]) expect(didYouMean(word, words)).toBe('');
});
