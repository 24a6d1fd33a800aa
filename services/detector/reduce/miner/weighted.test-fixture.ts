import { sampleOf } from '../site/scope.test-fixture.ts';
import type { Weighted } from './weighted.ts';

/** Samples of so many clients. */
export const many = (count: number, from: number, said: (index: number) => Parameters<typeof sampleOf>[1]) =>
  Array.from({ length: count }, (_, index): Weighted => {
    const order = from + index;
    return {
      weight: 1,
      sample: sampleOf({ order, client: Math.imul(order + 1, 0x9e3779b1) >>> 0 }, said(index)),
    };
  });
