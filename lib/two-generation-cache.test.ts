import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTwoGenerationCache } from './two-generation-cache.ts';

test('what is used stays, what is not used goes', () => {
  const cache = createTwoGenerationCache<string, { readonly n: number }>(10);
  cache.set('kept', { n: 0 });
  for (let n = 1; n <= 100; n++) {
    cache.set(`once ${n}`, { n });
    expect(cache.get('kept')).toEqual({ n: 0 });
  }
  expect(cache.get('once 1')).toBeUndefined();
  expect(cache.get('once 100')).toEqual({ n: 100 });
  cache.clear();
  expect(cache.get('kept')).toBeUndefined();
});

test('property: bounded, and never a wrong value', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20 }), fc.array(fc.nat({ max: 60 })), (max, keys) => {
      const cache = createTwoGenerationCache<number, { readonly key: number }>(max);
      for (const key of keys) {
        const value = cache.get(key);
        if (value === undefined) cache.set(key, { key });
        else expect(value.key).toBe(key);
        expect(cache.size).toBeLessThanOrEqual(max);
      }
    }),
  );
});
