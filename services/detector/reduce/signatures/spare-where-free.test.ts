import { expect, test } from 'vitest';
import type { Signature } from '../../../../lib/contracts/generated.ts';
import { partBit } from '../../../../lib/signature/standing.ts';
import { flag } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { paneOf, sampleOf, scopeOf } from '../site/scope.test-fixture.ts';
import { isEvaded, spareWhereFree } from './spare-where-free.ts';

const signature: Signature = {
  predicates: [{ attribute: 'country', op: 'in', values: ['ID'] }],
  except_good: false,
  good_after: [],
};
const sparing = { ...signature, good_after: ['any'] };

const stranger = flag.direct;
const visitor = partBit('content') << 16;
const regular = flag.direct | flag.good;
let order = 0;
const from = (country: string, flags: number, count: number): Sample[] =>
  Array.from({ length: count }, () => sampleOf({ order: ++order, client: order, flags }, { country }));

/** Ten panes of a scope, each with these samples, which are all of its requests that a signature can select. */
const scopeWith = (requests: number, samples: () => readonly Sample[]) =>
  scopeOf(
    100,
    Array.from({ length: 10 }, () => paneOf(samples(), { requests })),
  );
const spares = (...samples: Sample[]): readonly string[] =>
  spareWhereFree(
    scopeWith(samples.length, () => samples),
    109,
    signature,
  ).good_after;

test('everybody of standing is spared where they send none of what is selected, or those with a history, or nobody', () => {
  expect(spares(...from('ID', stranger, 100), ...from('DE', visitor, 20))).toEqual(['any']);
  expect(spares(...from('ID', stranger, 100), ...from('ID', visitor, 1))).toEqual(['any']);
  expect(spares(...from('ID', stranger, 80), ...from('ID', visitor, 20))).toEqual(['history']);
  expect(spares(...from('ID', stranger, 80), ...from('ID', regular, 20))).toEqual([]);
});

test('an attacker who earns standing is noticed, people of standing who look alike are not taken for one', () => {
  const evadedBy = (requests: number, collateralUpper: number, ...samples: Sample[]): boolean =>
    isEvaded(
      scopeWith(requests, () => samples),
      109,
      { signature: sparing, collateralUpper },
    );
  expect(evadedBy(60, 0.01, ...from('ID', stranger, 40), ...from('ID', visitor, 10))).toBe(true);
  expect(evadedBy(60, 0.01, ...from('ID', stranger, 59), ...from('ID', visitor, 1))).toBe(false);
  // the attack is over, or stopped upstream: what is still selected are the honest few, all of standing
  expect(evadedBy(600, 0.01, ...from('ID', visitor, 6), ...from('DE', visitor, 594))).toBe(false);
  expect(evadedBy(100, 0.01, ...from('ID', visitor, 2), ...from('DE', visitor, 98))).toBe(false);
});

test('who spares nobody is evaded by nobody, and nor is who must spare', () => {
  const scope = scopeWith(60, () => from('ID', visitor, 60));
  expect(isEvaded(scope, 109, { signature, collateralUpper: 0 })).toBe(false);
  expect(isEvaded(scope, 109, { signature: { ...sparing, except_good: true }, collateralUpper: 0 })).toBe(
    false,
  );
});
