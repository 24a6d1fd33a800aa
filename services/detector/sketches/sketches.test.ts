import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BottomK } from './bottom-k.ts';
import { HyperLogLog } from './hyper-log-log.ts';
import { LogHistogram } from './log-histogram.ts';

const hash = fc.tuple(fc.integer(), fc.integer());
const sketchOf = (values: readonly (readonly [number, number])[]): HyperLogLog => {
  const sketch = new HyperLogLog();
  for (const [lo, hi] of values) sketch.add(lo, hi);
  return sketch;
};

describe('HyperLogLog', () => {
  it('merges to the sketch of the union, in any order and grouping', () => {
    fc.assert(
      fc.property(fc.array(hash, { maxLength: 300 }), fc.array(hash), fc.array(hash), (a, b, c) => {
        const whole = sketchOf([...a, ...b, ...c]).toBytes();
        const left = sketchOf(a);
        left.merge(sketchOf(b));
        left.mergeBytes(sketchOf(c).toBytes());
        const right = sketchOf(c);
        right.mergeBytes(sketchOf(b).toBytes());
        right.merge(sketchOf(a));
        expect(left.toBytes()).toEqual(whole);
        expect(right.toBytes()).toEqual(whole);
        expect(HyperLogLog.fromBytes(whole).count()).toBe(left.count());
      }),
      { numRuns: 50 },
    );
  });

  it('is within 10 % of the truth', () => {
    for (const truth of [10, 1000, 50_000]) {
      const sketch = new HyperLogLog();
      let state = 1;
      const next = () => {
        state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
        return Math.imul(state ^ (state >>> 13), 0x297a2d39) | 0;
      };
      for (let at = 0; at < truth; at++) sketch.add(next(), next());
      expect(Math.abs(sketch.count() - truth) / truth).toBeLessThan(0.1);
    }
  });
});

describe('BottomK', () => {
  it('keeps the k smallest whatever the order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat({ max: 1_000_000 }), { maxLength: 80 }),
        fc.integer({ min: 1, max: 10 }),
        (values, k) => {
          const sample = new BottomK<number>(k);
          for (const value of values) sample.add(value, 0, value);
          expect(sample.entries().map(({ item }) => item)).toEqual(
            [...values].sort((a, b) => a - b).slice(0, k),
          );
        },
      ),
    );
  });
});

describe('LogHistogram', () => {
  it('answers quantiles within its bucket width', () => {
    const histogram = new LogHistogram();
    for (let value = 1; value <= 1000; value++) histogram.add(value);
    expect(histogram.quantile(0.5)! / 500).toBeCloseTo(1, 0);
    expect(histogram.quantile(0.99)! / 990).toBeCloseTo(1, 0);
    expect(new LogHistogram().quantile(0.5)).toBeNull();
  });
});
