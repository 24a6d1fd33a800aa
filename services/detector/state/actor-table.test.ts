import { expect, test } from 'vitest';
import { partBit } from '../../../lib/signature/standing.ts';
import { random } from '../traffic.test-fixture.ts';
import { ActorTable } from './actor-table.ts';

const content = partBit('content');
const payment = partBit('payment');
const login = partBit('login');
const now = 1_790_000_000;

test('a flood of addresses that come once pushes out its own kind, not people with a history', () => {
  const actors = new ActorTable(8192);
  const people = 3000;
  const next = random(5);
  const hash = (): number => Math.floor(next() * 2 ** 32) | 0;
  const keys = Array.from({ length: people }, () => [hash(), hash()] as const);
  for (let visit = 0; visit < 4; visit++)
    for (const [lo, hi] of keys) {
      actors.open(lo, hi, now + visit * 40);
      actors.note(content, visit, true, false);
    }
  const later = now + 3 * 86_400;
  for (let index = 0; index < 300_000; index++) {
    actors.open(hash(), hash(), later + Math.floor(index / 100));
    actors.note(payment, 1, true, false);
  }
  expect(actors.evictions).toBeGreaterThan(250_000);
  expect(actors.entries).toBeLessThanOrEqual(8192);
  let remembered = 0;
  for (const [lo, hi] of keys) {
    actors.open(lo, hi, later + 4000);
    if (!actors.fresh && actors.good()) remembered++;
  }
  expect(remembered).toBe(people);
});

test('pages count within a visit, successes over visits', () => {
  const actors = new ActorTable(1000);
  actors.open(1, 2, now);
  expect([actors.fresh, actors.journey(content, 7), actors.good()]).toEqual([true, 0, false]);
  actors.note(content, 7, true, false);
  actors.open(1, 2, now + 10);
  expect(actors.journey(content, 7)).toBe(0);
  expect(actors.journey(content, 8)).not.toBe(0);
  expect(actors.journey(payment, 9) & content).toBe(content);
  for (let page = 8; page < 11; page++) actors.note(content, page, true, false);
  actors.open(1, 2, now + 10 + 31 * 60);
  expect(actors.journey(payment, 9)).toBe(0);
  actors.note(payment, 9, true, false);
  expect(actors.good()).toBe(true);
  for (let failures = 0; failures < 2; failures++) actors.note(payment, 9, false, true);
  expect(actors.good()).toBe(false);
});

test('who gets in at last with the account that failed is told from who gets in with another', () => {
  const actors = new ActorTable(1000);
  const at = (second: number) => actors.open(1, 2, now + second);
  at(0);
  expect(actors.tries(7, 'yes')).toBe(false);
  expect(actors.tries(7, 'no')).toBe(false);
  expect(actors.tries(7, 'no')).toBe(false);
  at(9);
  expect(actors.tries(8, 'yes')).toBe(false);
  expect(actors.tries(7, 'yes')).toBe(true);
  expect(actors.tries(7, 'yes')).toBe(false);
  expect(actors.tries(63, 'no')).toBe(false);
  at(9 + 31 * 60);
  expect(actors.tries(63, 'yes')).toBe(false); // another visit
});

test('a page after a failure is a way in, and after a page only what is better is', () => {
  const actors = new ActorTable(1000);
  actors.open(1, 2, now);
  expect(actors.tries(31, 'no')).toBe(false);
  expect(actors.tries(31, 'page')).toBe(true);
  expect(actors.tries(31, 'page')).toBe(false);
  expect(actors.tries(31, 'page')).toBe(false);
  expect(actors.tries(30, 'yes')).toBe(false);
  expect(actors.tries(31, 'yes')).toBe(true);
  expect(actors.tries(31, 'yes')).toBe(false);
});

test('look-ups of one value after another are a series, unless pages or time come between them', () => {
  let address = 0;
  /** How many of 40 look-ups come in a series. */
  const inSeries = (everySeconds: number, each: number, value: (index: number) => number): number => {
    const actors = new ActorTable(1000);
    address++;
    let found = 0;
    for (let index = 0; index < 40; index++) {
      actors.open(address, 2, now + index * everySeconds);
      if (index % each === 0) actors.note(content, 7, true, false);
      if (actors.looksUp(value(index))) found++;
    }
    return found;
  };
  const another = (index: number): number => index;
  expect(inSeries(1, Infinity, another)).toBe(25);
  expect(inSeries(5, 20, another)).toBeGreaterThan(10);
  expect(inSeries(1, 5, another)).toBe(0);
  expect(inSeries(8, Infinity, another)).toBe(0);
  // to ask for the same again is to wait for it
  expect(inSeries(1, Infinity, () => 7)).toBe(0);
});

test('one endpoint again and again makes no history', () => {
  const actors = new ActorTable(1000);
  for (let request = 0; request < 500; request++) {
    actors.open(1, 2, now + request);
    actors.note(content, 7, true, false);
  }
  expect(actors.good()).toBe(false);
});

test('outcomes are counted without end, their ratio is kept', () => {
  const actors = new ActorTable(1000);
  for (let request = 0; request < 5000; request++) {
    actors.open(1, 2, now + request);
    actors.note(content, request, request % 5 !== 0, request % 5 === 0);
    if (request > 100) expect(actors.good()).toBe(true);
  }
  for (let request = 0; request < 1000; request++) actors.note(content, 7, false, true);
  expect(actors.good()).toBe(false);
});

test('a visit goes on when what follows its beginning is not refused, and is elsewhere', () => {
  const actors = new ActorTable(1000);
  let address = 1;
  /** Where each request of one visit says that the visit began; -1: it says nothing. Refused ones are asked nothing. */
  const goesOn = (...requests: readonly (readonly [bit: number, endpoint: number, refused?: boolean])[]) => {
    actors.open(++address, 0, now);
    return requests.flatMap(([bit, endpoint, refused = false]) => {
      const began = refused ? [] : [actors.entry(bit, endpoint)];
      actors.note(bit, endpoint, !refused, refused);
      return began;
    });
  };
  expect(goesOn([content, 7], [content, 7], [payment, 9], [content, 8])).toEqual([-1, -1, 7, -1]);
  // a token that is refused leads to the log-in, and the log-in to the rest
  expect(goesOn([content, 7, true], [login, 5, true], [login, 5], [content, 8])).toEqual([7, 5]);
  expect(goesOn([login, 5, true], [login, 5], [content, 8])).toEqual([-1, 5]);
  expect(goesOn([payment, 9, true], [payment, 9, true], [payment, 9])).toEqual([-1]);
  // to its like is no way on
  expect(goesOn([login, 5], [login, 6], [content, 8])).toEqual([-1, -1, 5]);
});
