import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partialSegment } from './partial-segment.ts';

test.each([
  ['{name}.json', 'a.json', ['a']],
  ['{name}.json', '.json', null],
  ['{name}.json', 'a.jsonx', null],
  ['v{major}.{minor}', 'v1.2', ['1', '2']],
  ['v{major}.{minor}', 'v.2', null],
  // the first takes as much as there is
  ['{owner}-{repo}', 'a-b-c', ['a-b', 'c']],
  ['{owner}-{repo}', '-c', null],
  ['{a}{b}', 'xyz', ['xy', 'z']],
  ['{a}{b}', 'x', null],
  ['x{a}x', 'xx', null],
])('%s on %s', (segment, text, values) => {
  expect(partialSegment(segment).match(text)).toEqual(values);
});

test('it divides a text as a greedy expression would', () => {
  const literal = fc.string({ unit: fc.constantFrom('-', '.', 'a'), maxLength: 2 });
  const text = fc.string({ unit: fc.constantFrom('-', '.', 'a', 'b'), maxLength: 12 });
  fc.assert(
    fc.property(fc.array(literal, { minLength: 2, maxLength: 4 }), text, (literals, given) => {
      const segment = literals.reduce((before, next, at) => `${before}{v${at}}${next}`);
      const pattern = new RegExp(`^${literals.map((of) => of.replaceAll('.', '\\.')).join('(.+)')}$`);
      expect(partialSegment(segment).match(given)).toEqual(pattern.exec(given)?.slice(1) ?? null);
    }),
    { numRuns: 2000 },
  );
});

test('thousands of characters that could be divided in any way are answered at once', () => {
  const dashes = '-'.repeat(8000);
  expect(partialSegment('{a}-{b}-{c}.json').match(dashes)).toBeNull();
  expect(partialSegment('{a}-{b}-{c}-{d}-{e}-{f}.json').match(`${dashes}.jsom`)).toBeNull();
  expect(partialSegment('{a}-{b}-{c}.json').match(`${dashes}.json`)).toEqual(['-'.repeat(7996), '-', '-']);
});
