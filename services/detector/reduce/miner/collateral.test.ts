import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../../pane-group.ts';
import { type BoundedShare, createCollateral } from './collateral.ts';
import { both, type Mask, maskOf } from './mask.ts';
import type { Weighted } from './weighted.ts';

const sampleOf = (client: number): Sample => ({
  order: 0,
  event_id: `${client}`,
  flags: 0,
  client: Math.imul(client, 0x9e3779b1) >>> 0,
  attributes: [],
});
const clients = (count: number, first = 0): Weighted[] =>
  Array.from({ length: count }, (_, index) => ({ sample: sampleOf(first + index), weight: 1 }));
const firstOf = (length: number, count: number): Mask => maskOf(length, (index) => index < count);

/** No client is a visible part by itself. */
const nobodyOften = { clients: new Set<number>(), others: { share: 1, upper: 1 } };
const own = clients(1000);
const other = clients(600, 5000);
const everybody = { own: firstOf(1000, 1000), other: firstOf(600, 600) };
/** Here one in twenty comes directly, elsewhere half of them. */
const unspared = { own: firstOf(1000, 50), other: firstOf(600, 300) };
const counted: BoundedShare = { share: 0.04, upper: 0.05 };
const sparing = () =>
  createCollateral({ own, other, callers: nobodyOften, unspared, unsparedShare: counted, spares: true });

describe('collateral', () => {
  it('of a rule that spares the good is what was counted, not what others on the site do', () => {
    const collateral = sparing();
    const all = collateral.of(unspared);
    expect(all.share).toBeCloseTo(0.04, 9);
    expect(all.upper).toBeCloseTo(0.05, 9);
    const none = collateral.of({ own: firstOf(1000, 0), other: firstOf(600, 0) });
    expect(none.share).toBe(0);
    expect(none.upper).toBeGreaterThan(0);
    expect(none.upper).toBeLessThan(0.003);
  });

  it('grows with every client that a rule selects', () => {
    const collateral = sparing();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }), (a, b) => {
        const [few, many] = [Math.min(a, b), Math.max(a, b)].map((count) =>
          collateral.of({ own: both(firstOf(1000, count), unspared.own), other: firstOf(600, count) }),
        );
        expect(few!.share).toBeLessThanOrEqual(many!.share + 1e-12);
        expect(few!.share).toBeLessThanOrEqual(few!.upper);
      }),
    );
  });

  it('counts what earlier rules that spare nobody select among the good', () => {
    const collateral = sparing();
    // 30 of the 950 good ones here, and nobody elsewhere
    const earlier = { own: maskOf(1000, (index) => index >= 970) };
    const { share, upper } = collateral.of({ ...earlier, other: firstOf(600, 0) });
    expect(share).toBeGreaterThan(0.02);
    expect(upper).toBeGreaterThan(share);
  });

  it('of a rule that spares nobody is a share of everybody', () => {
    const collateral = createCollateral({
      own,
      other,
      callers: nobodyOften,
      unspared: everybody,
      unsparedShare: null,
      spares: false,
    });
    const { share } = collateral.of({ own: firstOf(1000, 10), other: firstOf(600, 6) });
    expect(share).toBeGreaterThanOrEqual(0.01);
    expect(share).toBeLessThan(0.03);
    expect(collateral.of(everybody).share).toBe(1);
  });

  it('is bounded by what the people of the scope itself may plausibly be, however many others it selects', () => {
    const costOf = (mine: number, hits: number, others: number) => {
      const few = clients(mine);
      const unsparedHere = { own: firstOf(mine, mine), other: firstOf(600, 600) };
      return createCollateral({
        own: few,
        other,
        callers: nobodyOften,
        unspared: unsparedHere,
        unsparedShare: null,
        spares: false,
      }).of({ own: firstOf(mine, hits), other: firstOf(600, others) });
    };
    // an app's endpoint, and what one in ten has who use the site with a browser
    expect(costOf(1000, 0, 60).upper).toBeLessThan(0.01);
    expect(costOf(1000, 20, 60).upper).toBeGreaterThan(0.02);
    // few people say little: others are believed
    expect(costOf(40, 0, 60).upper).toBeGreaterThan(0.08);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 0, max: 599 }),
        fc.integer({ min: 1, max: 600 }),
        (mine, a, b) => {
          const [less, more] = [Math.min(a, b), Math.max(a, b)];
          expect(costOf(mine, 0, less).share).toBeLessThanOrEqual(costOf(mine, 0, more).share);
          expect(costOf(mine, 0, less).upper).toBeLessThanOrEqual(costOf(mine, 0, more).upper);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('at an endpoint that a few servers use is told by them, not by the people of the rest of the site', () => {
    const servers = [1, 2, 3];
    const requests = servers.flatMap((server) => Array.from({ length: 100 }, () => clients(1, server)[0]!));
    const costOf = (others: BoundedShare, mine: number) =>
      createCollateral({
        own: requests,
        other,
        callers: { clients: new Set(servers.map((server) => sampleOf(server).client)), others },
        unspared: { own: firstOf(300, 300), other: firstOf(600, 600) },
        unsparedShare: null,
        spares: false,
      }).of({ own: firstOf(300, mine), other: firstOf(600, 600) });
    // what no server has, and everybody else
    expect(costOf({ share: 1, upper: 1 }, 0).upper).toBeGreaterThan(0.5);
    expect(costOf({ share: 0.002, upper: 0.009 }, 0).upper).toBeLessThan(0.01);
    // a third of the servers: a third of what is usual
    expect(costOf({ share: 0.002, upper: 0.009 }, 100).share).toBeCloseTo(1 / 3, 2);
    // one request in five comes from people
    expect(costOf({ share: 0.2, upper: 0.25 }, 0).share).toBeCloseTo(0.2, 1);
  });

  it('without any good sample is unknown, not nothing', () => {
    const none = { own: firstOf(0, 0), other: firstOf(0, 0) };
    const collateral = createCollateral({
      own: [],
      other: [],
      callers: nobodyOften,
      unspared: none,
      unsparedShare: null,
      spares: false,
    });
    expect(collateral.of(none)).toEqual({ share: 0, upper: 1 });
  });

  it('is what the people of one part pay, where that is more than all pay together', () => {
    // forty of two hundred through one partner, among a thousand
    const parted = [...own, ...clients(200, 20_000)];
    const everybodyThere = { own: firstOf(1200, 1200), other: firstOf(600, 600) };
    const costs = (parts: readonly { from: number; to: number }[], from: number, count: number) =>
      createCollateral({
        own: parts.length === 0 ? own : parted,
        parts,
        other,
        callers: nobodyOften,
        unspared: parts.length === 0 ? everybody : everybodyThere,
        unsparedShare: null,
        spares: false,
      }).of({
        own: maskOf(parts.length === 0 ? 1000 : 1200, (index) => index >= from && index < from + count),
        other: firstOf(600, 0),
      });
    const parts = [{ from: 1000, to: 1200 }];
    expect(costs(parts, 1000, 40).share).toBeCloseTo(0.173, 2);
    // one of them may be chance
    expect(costs(parts, 1000, 1).share).toBeLessThan(0.004);
    // the repeated samples are no more of the whole than they were
    expect(costs(parts, 0, 400)).toEqual(costs([], 0, 400));
  });
});
