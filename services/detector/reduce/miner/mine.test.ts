import { expect, test } from 'vitest';
import { mineSignatures } from './mine.ts';
import { many } from './weighted.test-fixture.ts';

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
