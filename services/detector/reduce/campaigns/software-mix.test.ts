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
  expect(isOtherSoftware(softwareMix(app), softwareMix([...app, ...tool.slice(0, 40)]))).toBe(false);
  expect(isOtherSoftware(softwareMix(app), softwareMix([...app.slice(0, 30), ...tool]))).toBe(true);
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

test('so much is other software as the shares have moved: the total variation distance', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 60, maxLength: 60 }),
      fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 60, maxLength: 60 }),
      (one, two) => {
        const mixOf = (drawn: readonly number[]) =>
          softwareMix(from(drawn.length, (index) => ({ ja4: `software ${drawn[index]}` })));
        const shares = (drawn: readonly number[]) =>
          Array.from({ length: 12 }, (_, at) => drawn.filter((each) => each === at).length / drawn.length);
        const [before, now] = [shares(one), shares(two)];
        const distance = now.reduce((sum, share, at) => sum + Math.abs(share - before[at]!), 0) / 2;
        // half of the sum of differences, as the distance is defined
        fc.pre(Math.abs(distance - 0.5) > 1e-9);
        expect(isOtherSoftware(mixOf(one), mixOf(two))).toBe(distance >= 0.5);
      },
    ),
    { numRuns: 50 },
  );
});
