import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countIndex, countNames } from '../../layout.ts';
import { wilsonUpper } from '../miner/bounds.ts';
import { copyStretches, type Stretch, scaleStretches, stretchAt, takeOutBeginning } from './beginning.ts';
import { addJourneys, alike, type Journeys } from './journeys.ts';

interface Learned {
  readonly totals: Float64Array;
  readonly journeys: Journeys;
  early: Stretch[] | null;
}

const everySecond = 10_000;

/** Learns ten seconds after the other, `requests` each, of which a share comes directly that depends on the age. */
function learn(
  directAt: (seconds: number) => number,
  untilSeconds: number,
  requests = 20,
  takesOut = true,
): Learned {
  const learned: Learned = { totals: new Float64Array(countNames.length), journeys: new Map(), early: [] };
  for (let ageMs = 0; ageMs < untilSeconds * 1000; ageMs += everySecond) {
    const direct = requests * directAt(ageMs / 1000);
    const journeys: Journeys = new Map([
      [0, direct],
      [1, requests - direct],
    ]);
    const stretch = stretchAt(learned, ageMs);
    for (const to of stretch === null ? [learned] : [learned, stretch]) {
      to.totals[countIndex.requests]! += requests;
      to.totals[countIndex.direct]! += direct;
      addJourneys(to.journeys, journeys);
    }
    if (stretch !== null) stretch.samples += 1;
    if (takesOut) takeOutBeginning(learned, ageMs);
  }
  return learned;
}

const shareOf = ({ totals }: Learned): number => totals[countIndex.direct]! / totals[countIndex.requests]!;
/** Visits of which nothing is seen of so many at this age: half as many every half a minute. */
const unseen = (seconds: number): number => 0.5 ** (seconds / 30);

test('what people in the middle of a visit taught is out before the log is three minutes old', () => {
  const always = 0.02;
  const directAt = (seconds: number): number => always + (1 - always) * unseen(seconds);
  expect(shareOf(learn(directAt, 170, 20, false))).toBeGreaterThan(0.25);
  const learned = learn(directAt, 170);
  expect(shareOf(learned)).toBeLessThan(0.07);
  const [direct, others] = [learned.journeys.get(0)!, learned.journeys.get(1)!];
  expect(direct / (direct + others)).toBeCloseTo(shareOf(learned));
});

test('where people come directly at any time, nothing is taken out but what nobody can tell', () => {
  const learned = learn(() => 0.4, 400);
  expect(shareOf(learned)).toBeCloseTo(0.4);
  // the first stretch goes at three minutes
  expect(learned.totals[countIndex.requests]).toBe(20 * (40 - 9));
});

test('a few requests that happen to come after a page outweigh nothing', () => {
  const learned = learn((seconds) => (seconds < 90 ? 0.1 : 0), 100, 5);
  expect(learned.totals[countIndex.requests]).toBe(50);
});

test('what is left is never less sure of who comes directly than all was, and nothing is ever below zero', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const upper = (of: Learned): number => wilsonUpper(shareOf(of), of.totals[countIndex.requests]! / alike);
  fc.assert(
    fc.property(
      fc.array(share, { minLength: 17, maxLength: 17 }),
      fc.integer({ min: 1, max: 40 }),
      (shares, requests) => {
        const learned = learn((seconds) => shares[Math.floor(seconds / 10)]!, 170, requests, false);
        const before = upper(learned);
        takeOutBeginning(learned, 170_000);
        expect(upper(learned)).toBeLessThanOrEqual(before + 1e-9);
        for (const total of learned.totals) expect(total).toBeGreaterThanOrEqual(0);
        for (const weight of learned.journeys.values()) expect(weight).toBeGreaterThan(0);
      },
    ),
  );
});

test('samples of what goes are counted once', () => {
  const learned = learn(() => 0.3, 90);
  const samples = learned.early!.reduce((sum, one) => sum + one.samples, 0);
  expect(samples).toBe(9);
  expect(takeOutBeginning(learned, 180_000)).toBe(9);
  expect(takeOutBeginning(learned, 190_000)).toBe(0);
});

test('lessons that come late belong to their own stretch', () => {
  const learned = learn(() => 0.3, 0);
  for (const ageMs of [130_000, 95_000, 40_000, 99_000, 131_000]) stretchAt(learned, ageMs)!.samples++;
  expect(learned.early!.map(({ until, samples }) => [until, samples])).toEqual([
    [90_000, 1],
    [120_000, 2],
    [150_000, 2],
  ]);
});

test('copies go on by themselves, and what is forgotten is forgotten of stretches too', () => {
  const learned = learn(() => 0.3, 120);
  const copy = copyStretches(learned.early)!;
  scaleStretches(copy, 0.5);
  expect(copy[0]!.totals[countIndex.requests]).toBe(90);
  expect(learned.early![0]!.totals[countIndex.requests]).toBe(180);
});

test('a log that did not begin here has no beginning to take out', () => {
  const learned = { ...learn(() => 0.3, 60), early: null };
  expect(stretchAt(learned, 1000)).toBe(null);
  expect(takeOutBeginning(learned, 400_000)).toBe(0);
});
