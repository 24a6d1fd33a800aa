import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Weighted } from '../miner/weighted.ts';
import { sampleOf } from '../site/scope.test-fixture.ts';
import { isOtherSoftware, softwareMix } from './software-mix.ts';

type Said = Parameters<typeof sampleOf>[1];

let order = 0;
const from = (count: number, said: (index: number) => Said): Weighted[] =>
  Array.from({ length: count }, (_, index) => ({
    sample: sampleOf({ order: ++order, client: order }, said(index)),
    weight: 1,
  }));
const app = from(60, (index) => ({ ja4: index % 3 === 0 ? 'android' : 'ios', user_agent: `App/${index}` }));
const tool = from(60, (index) => ({ ja4: 'tool', user_agent: `App/${index}` }));

test('another tool is other software, whatever it calls itself', () => {
  expect(isOtherSoftware(softwareMix(app), softwareMix(tool))).toBe(true);
  expect(isOtherSoftware(softwareMix(app), softwareMix([...app, ...tool.slice(0, 20)]))).toBe(false);
  expect(isOtherSoftware(softwareMix(app), softwareMix([...app, ...tool.slice(0, 30)]))).toBe(true);
});

test('where connections show nothing it is told by what it calls itself, versions aside', () => {
  const chrome = softwareMix(
    from(40, (index) => ({
      browser: 'chrome',
      platform: 'windows',
      user_agent: `Mozilla/5.0 Chrome/${index}`,
    })),
  );
  const library = (version: string) => softwareMix(from(40, () => ({ user_agent: `okhttp/${version}` })));
  expect(isOtherSoftware(chrome, library('4.12.0'))).toBe(true);
  expect(isOtherSoftware(library('4.12.0'), library('5.0.0'))).toBe(false);
});

test('of few requests nothing is told', () => {
  expect(softwareMix(tool.slice(0, 29))).toEqual([]);
  expect(isOtherSoftware([], softwareMix(tool))).toBe(false);
  expect(isOtherSoftware(softwareMix(tool), [])).toBe(false);
});

test('of people with two dozen kinds sixty look like any other sixty', () => {
  const drawn = fc.array(fc.integer({ min: 0, max: 23 }), { minLength: 60, maxLength: 60 });
  const mixOf = (kinds: readonly number[]) =>
    softwareMix(from(kinds.length, (index) => ({ ja4: `software ${kinds[index]}` })));
  fc.assert(
    fc.property(drawn, drawn, (one, two) => {
      const most = Math.max(...new Map(mixOf(two)).values());
      fc.pre(most < 0.3);
      expect(isOtherSoftware(mixOf(one), mixOf(two))).toBe(false);
    }),
    { numRuns: 50 },
  );
});
