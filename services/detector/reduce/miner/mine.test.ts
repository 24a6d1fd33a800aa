import { expect, test } from 'vitest';
import { minedAttributes, traitNames } from '../../layout.ts';
import type { Weighted } from '../scope.ts';
import { mineSignatures } from './mine.ts';

function request(client: number, attributes: { readonly [name: string]: string }): Weighted {
  return {
    weight: 1,
    sample: {
      order: client,
      event_id: `e${client}`,
      flags: 0,
      client: Math.imul(client + 1, 0x9e3779b1) >>> 0,
      attributes: [...minedAttributes, ...traitNames].map((name) => attributes[name] ?? null),
    },
  };
}

const many = (count: number, from: number, of: (index: number) => { readonly [name: string]: string }) =>
  Array.from({ length: count }, (_, index) => request(from + index, of(index)));
const browsers = ['chrome', 'safari', 'firefox', 'edge', 'ios_safari', 'opera'];
const browser = (index: number): string => browsers[index % browsers.length]!;

test('what two attributes tell only together is found: browsers that no page sent, where apps have no pages', () => {
  const mined = mineSignatures({
    excess: many(200, 0, (index) => ({ browser: browser(index), has_referer: 'no' })),
    weight: 1,
    honestShare: 0,
    good: [
      ...many(300, 1000, (index) => ({ browser: browser(index), has_referer: 'yes' })),
      ...many(300, 2000, () => ({ has_referer: 'no' })),
    ],
    callers: { clients: new Set(), others: { share: 1, upper: 1 } },
    siblings: [],
    taken: () => false,
    budget: { share: 0.005, upper: 0.01 },
    sparing: null,
    unsparedShare: null,
  });
  expect(mined.coverage).toBeGreaterThan(0.97);
  expect(mined.collateral).toBe(0);
  expect(mined.signatures[0]!.predicates.map(({ attribute }) => attribute).sort()).toEqual([
    'browser',
    'has_referer',
  ]);
});
