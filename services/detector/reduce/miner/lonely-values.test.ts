import { expect, test } from 'vitest';
import { selectedWithout } from './lonely-values.ts';
import { count } from './mask.ts';
import { mineSignatures } from './mine.ts';
import { many } from './weighted.test-fixture.ts';

/** People from many networks, hardly two from one; the attack comes from the same networks. */
const networks = (index: number) => ({ asn: `${1000 + ((index * 37) % 200)}`, browser: 'chrome' });
const few = many(20, 5000, networks);
const excess = many(400, 0, (index) => ({ asn: `${1000 + (index % 200)}`, browser: 'chrome' }));

test('a value that one client alone has is in no list that was made without him', () => {
  const known = [...few, ...many(2, 9000, () => ({ asn: '77' }))];
  const without = selectedWithout(known, excess, 1.5);
  const all = known.map(({ sample }) => sample.attributes);
  expect(all.length).toBe(22);
  const others = { attribute: 'asn', op: 'not_in', values: ['77'] } as const;
  expect(count(without(known, { ...others, values: [...others.values] }))).toBe(20);
  // where values are rare in the excess as well, no list names them
  expect(count(without(known, { attribute: 'asn', op: 'in', values: ['1000', '1001'] }))).toBe(0);
  expect(count(without(known, { attribute: 'asn', op: 'in', values: ['1000'] }))).toBe(0);
});

test('networks that twenty people did not show tell nothing from people', () => {
  const mined = mineSignatures({
    excess,
    weight: 1,
    honestShare: 0,
    good: few,
    callers: { clients: new Set(), others: { share: 1, upper: 1 } },
    siblings: [],
    taken: () => false,
    budget: { share: 0.015, upper: 0.02 },
    sparing: 0,
    unsparedShare: { share: 0.1, upper: 0.13 },
  });
  expect(mined.signatures).toEqual([]);
});
