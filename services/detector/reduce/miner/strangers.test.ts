import { describe, expect, it } from 'vitest';
import { flag, minedAttributes, spared } from '../../layout.ts';
import { createCollateral } from './collateral.ts';
import { maskOf } from './mask.ts';
import { asStrangers, cameWithoutCookie } from './strangers.ts';
import { many } from './weighted.test-fixture.ts';
import type { Weighted } from './weighted.ts';

const cookieAt = minedAttributes.indexOf('has_cookie');
const platformAt = minedAttributes.indexOf('platform');

/** A third of those with a cookie use Windows; of the few without, none that was seen does. */
const known = many(400, 0, (index) => ({
  has_cookie: 'yes',
  platform: index % 3 === 0 ? 'windows' : 'ios',
  country: 'DE',
}));
const few = many(20, 1000, () => ({ has_cookie: 'no', platform: 'ios', country: 'DE' }));
const good = [...known, ...few];
const everybody = maskOf(good.length, () => true);

describe('strangers', () => {
  it('are those with a cookie, without it and without what speaks for them', () => {
    const lookedAround = known.map(({ sample, weight }) => ({
      sample: { ...sample, flags: flag.good | flag.parts },
      weight,
    }));
    const strangers = asStrangers([...lookedAround, ...few]);
    expect(strangers).toHaveLength(400);
    expect(strangers.every(({ sample }) => cameWithoutCookie(sample) && !spared(sample.flags))).toBe(true);
    expect(strangers.map(({ sample }) => sample.attributes[platformAt])).toEqual(
      known.map(({ sample }) => sample.attributes[platformAt]),
    );
    // those who were seen stay as they were
    expect(lookedAround.some(({ sample }) => cameWithoutCookie(sample))).toBe(false);
  });

  it('are the same array for the same people', () => {
    expect(asStrangers(good)).toBe(asStrangers(good));
  });

  it('are nobody where cookies are not usual, or people are few', () => {
    expect(asStrangers(many(400, 0, () => ({ platform: 'ios' })))).toEqual([]);
    expect(asStrangers([...known.slice(0, 120), ...many(200, 5000, () => ({ has_cookie: 'no' }))])).toEqual(
      [],
    );
    expect(asStrangers(known.slice(0, 50))).toEqual([]);
  });

  it('are own people, not those of parts once more', () => {
    expect(asStrangers([...known, ...known.slice(0, 100)], 400)).toHaveLength(400);
  });
});

describe('the cost of a rule on those who come without a cookie', () => {
  const strangers = asStrangers(good);
  const collateral = (withStrangers: readonly Weighted[]) =>
    createCollateral({
      own: good,
      other: [],
      strangers: withStrangers,
      callers: { clients: new Set(), others: { share: 1, upper: 1 } },
      unspared: { own: everybody, other: maskOf(0, () => true) },
      unsparedShare: null,
      spares: false,
    });
  const rule = (selects: (attributes: readonly (string | null)[]) => boolean) => {
    const mask = (of: readonly Weighted[]) => maskOf(of.length, (at) => selects(of[at]!.sample.attributes));
    return { own: mask(good), other: mask([]), strange: mask(strangers) };
  };
  const cookieless = rule((attributes) => attributes[cookieAt] === 'no');
  const onWindows = rule(
    (attributes) => attributes[cookieAt] === 'no' && attributes[platformAt] === 'windows',
  );

  it('is reckoned with what people have who come with one', () => {
    // of twenty none was seen, and a third may be expected
    expect(collateral([]).of(onWindows).share).toBe(0);
    const { share, upper } = collateral(strangers).of(onWindows);
    expect(share).toBeGreaterThan(0.005);
    expect(share).toBeLessThan(20 / 420 / 3 + 0.001);
    expect(upper).toBeGreaterThan(share);
  });

  it('is their share, if it selects all of them', () => {
    expect(collateral(strangers).of(cookieless).share).toBeCloseTo(20 / 420, 6);
  });

  it('is nothing if it selects nobody, and not certainly so', () => {
    const { share, upper } = collateral(strangers).of(rule(() => false));
    expect(share).toBe(0);
    expect(upper).toBeGreaterThan(0);
    expect(upper).toBeLessThan(0.01);
  });
});
