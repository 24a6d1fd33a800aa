import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isProduct, productOf } from './user-agent-product.ts';

test.each([
  ['Shop/8.1.0 (iPhone; iOS 18.1; Scale/3.00)', 'Shop/8.1.0'],
  ['okhttp/4.12.0', 'okhttp/4.12.0'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0', 'Mozilla/5.0'],
  ['', null],
  [' Shop/8.1.0', null],
])('%j begins with %j', (agent, product) => {
  expect(productOf(agent)).toBe(product);
});

test('what an agent begins with is a product, and what has a blank is none', () => {
  fc.assert(
    fc.property(fc.string(), (agent) => {
      const product = productOf(agent);
      if (product === null) expect(agent).toMatch(/^(?: |$)/);
      else {
        expect(isProduct(product)).toBe(true);
        expect(agent === product || agent.startsWith(`${product} `)).toBe(true);
      }
    }),
  );
  expect(isProduct('')).toBe(false);
  expect(isProduct('Shop/8.1.0 ')).toBe(false);
});
