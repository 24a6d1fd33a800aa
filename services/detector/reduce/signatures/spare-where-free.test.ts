import { expect, test } from 'vitest';
import type { Signature } from '../../../../lib/contracts/generated.ts';
import { partBit } from '../../../../lib/signature/standing.ts';
import { flag } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { createBaseline } from '../site/baseline.ts';
import { createSiteState } from '../site/create-site-state.ts';
import { paneOf, sampleOf, scopeOf } from '../site/scope.test-fixture.ts';
import { scopeId, watchedScope } from '../site/site-state.ts';
import { isEvaded, seenAt, spareWhereFree } from './spare-where-free.ts';

const signature: Signature = {
  predicates: [{ attribute: 'country', op: 'in', values: ['ID'] }],
  except_good: false,
  good_after: [],
};
const sparing = { ...signature, good_after: ['any'] };

const stranger = flag.direct;
const visitor = partBit('content') << 16;
const regular = flag.direct | flag.good;
const nothingElse = createSiteState('shop', 100);
let order = 0;
const from = (country: string, flags: number, count: number): Sample[] =>
  Array.from({ length: count }, () => sampleOf({ order: ++order, client: order, flags }, { country }));

/** Ten panes of a scope, each with these samples, which are all of its requests that a signature can select. */
const scopeWith = (requests: number, samples: () => readonly Sample[]) =>
  watchedScope(
    scopeOf(
      100,
      Array.from({ length: 10 }, () => paneOf(samples(), { requests })),
    ),
    createBaseline(0),
  );
const madeTo = (sample: readonly Sample[], ...signatures: Signature[]): readonly Signature[] =>
  spareWhereFree(
    seenAt(
      nothingElse,
      scopeWith(sample.length, () => sample),
      109,
    ),
    signatures.map((one) => ({ signature: one })),
  ).map((one) => one.signature);
const spares = (...samples: Sample[]): readonly string[] => madeTo(samples, signature)[0]!.good_after;

test('everybody of standing is spared where they send none of what is selected, or those with a history, or nobody', () => {
  expect(spares(...from('ID', stranger, 100), ...from('DE', visitor, 20))).toEqual(['any']);
  expect(spares(...from('ID', stranger, 100), ...from('ID', visitor, 1))).toEqual(['any']);
  expect(spares(...from('ID', stranger, 80), ...from('ID', visitor, 20))).toEqual(['history']);
  expect(spares(...from('ID', stranger, 80), ...from('ID', regular, 20))).toEqual([]);
});

test('who must spare those with a history spares everybody of standing where that is free, who asks for more does not', () => {
  const must = { ...signature, except_good: true, good_after: ['history'] };
  const cart = { ...must, good_after: ['cart'] };
  const samples = [...from('ID', stranger, 100), ...from('ID', regular, 50)];
  expect(madeTo(samples, must, cart)).toEqual([{ ...must, good_after: ['any'] }, cart]);
  const [kept] = madeTo([...samples, ...from('ID', visitor, 10)], must);
  expect(kept).toEqual(must);
});

test('what comes through a server that people come through is as good as they are, whatever speaks for the server now', () => {
  const samples = from('ID', stranger, 100).map((sample, at) => ({
    ...sample,
    client: at % 2 === 0 ? 7 : 8,
  }));
  const felt = scopeWith(samples.length, () => samples);
  const sparedOf = (): readonly string[] =>
    spareWhereFree(seenAt(nothingElse, felt, 109), [{ signature }])[0]!.signature.good_after;
  expect(sparedOf()).toEqual(['any']);
  felt.baseline.reference = from('DE', regular, 100).map((sample, at) => ({
    ...sample,
    client: at < 40 ? 7 : at,
  }));
  expect(sparedOf()).toEqual([]);
});

test('a partner whose few people come through a server of its own is seen among those whom others bring', () => {
  const samples = from('ID', stranger, 100).map((sample) => ({ ...sample, client: 7 }));
  const state = createSiteState('shop', 100);
  const felt = scopeWith(samples.length, () => samples);
  felt.baseline.reference = from('DE', regular, 900);
  const sparedOf = (): readonly string[] =>
    spareWhereFree(seenAt(state, felt, 109), [{ signature }])[0]!.signature.good_after;
  expect(sparedOf()).toEqual(['any']);
  const key = 'POST /login via finview';
  const through = watchedScope(
    scopeOf(100, [paneOf(samples, { kind: 'partner_endpoint', key })]),
    createBaseline(0),
  );
  through.baseline.reference = from('DE', regular, 20).map((sample) => ({ ...sample, client: 7 }));
  state.scopes.set(scopeId('partner_endpoint', key), through);
  expect(sparedOf()).toEqual([]);
});

test('who spares more than it could begin with goes on', () => {
  const samples = [...from('ID', stranger, 80), ...from('ID', visitor, 20)];
  expect(madeTo(samples, sparing)).toEqual([sparing]);
});

test('what one selects a little of is people, if next to nothing of what all select is of clients of standing', () => {
  const rare: Signature = {
    ...signature,
    predicates: [{ attribute: 'country', op: 'in', values: ['VN'] }],
  };
  const few = [...from('VN', stranger, 3), ...from('VN', visitor, 1)];
  expect(madeTo(few, rare)[0]!.good_after).toEqual(['history']);
  const all = [...from('ID', stranger, 200), ...few];
  expect(madeTo(all, signature, rare).map((one) => one.good_after)).toEqual([['any'], ['any']]);
  const earned = [...all, ...from('ID', visitor, 20)];
  expect(madeTo(earned, signature, rare).map((one) => one.good_after)).toEqual([['history'], ['history']]);
});

test('an attacker who earns standing is noticed, people of standing who look alike are not taken for one', () => {
  const evadedBy = (requests: number, collateralUpper: number, ...samples: Sample[]): boolean => {
    const felt = scopeWith(requests, () => samples);
    const seen = seenAt(nothingElse, felt, 109);
    return isEvaded(seen, felt.scope, 109, { signature: sparing, collateralUpper });
  };
  expect(evadedBy(60, 0.01, ...from('ID', stranger, 40), ...from('ID', visitor, 10))).toBe(true);
  expect(evadedBy(60, 0.01, ...from('ID', stranger, 59), ...from('ID', visitor, 1))).toBe(false);
  // the attack is over, or stopped upstream: what is still selected are the honest few, all of standing
  expect(evadedBy(600, 0.01, ...from('ID', visitor, 6), ...from('DE', visitor, 594))).toBe(false);
  expect(evadedBy(100, 0.01, ...from('ID', visitor, 2), ...from('DE', visitor, 98))).toBe(false);
});

test('who spares nobody is evaded by nobody, and nor is who spares no more than it must', () => {
  const felt = scopeWith(60, () => from('ID', visitor, 60));
  const seen = seenAt(nothingElse, felt, 109);
  const isEvadedIn = (one: Signature): boolean =>
    isEvaded(seen, felt.scope, 109, { signature: one, collateralUpper: 0 });
  expect(isEvadedIn(signature)).toBe(false);
  expect(isEvadedIn({ ...sparing, except_good: true, good_after: [] })).toBe(false);
  expect(isEvadedIn({ ...sparing, except_good: true, good_after: ['history'] })).toBe(false);
  expect(isEvadedIn({ ...sparing, except_good: true })).toBe(true);
});
