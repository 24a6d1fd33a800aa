import { expect, test } from 'vitest';
import { enriched } from '../../services/detector/traffic.test-fixture.ts';
import { createRefusedFromStart } from './refused-from-start.ts';

const start = Date.UTC(2026, 10, 20, 12);
const login = 'POST shop.example/login';

/** Log-ins every tenth of a second from `begin` ms on, by so many addresses; so many of ten are refused. */
function told(
  { begin = 0, addresses = 251, refused = 9, fn = 'login' } = {},
  scopes: readonly string[] = [],
  learnedMs = 20_000,
): readonly string[] {
  const seen = createRefusedFromStart(start, learnedMs);
  for (let index = 0; index < 600; index++)
    seen.note(
      enriched(
        {
          at: start + begin + index * 100,
          ip: `91.1.2.${index % addresses}`,
          endpoint: 'POST /login',
          fn,
          status: index % 10 < refused ? 401 : 200,
        },
        index,
      ),
    );
  return seen.told(scopes);
}

test('a log in which log-ins are refused from its start on is told, with what to do', () => {
  const [text, ...others] = told();
  expect(text).toMatch(
    /^90 % of 600 log-ins at POST shop\.example\/login were refused in the first 1m already/,
  );
  expect(text).toMatch(/by 251 addresses.*--baseline\.$/);
  expect(others).toEqual([]);
});

test('a bad day, one client, what is no log-in, and what a campaign speaks of are not', () => {
  expect(told({ refused: 4 })).toEqual([]);
  expect(told({ addresses: 3 })).toEqual([]);
  expect(told({ fn: 'payment' })).toEqual([]);
  expect(told({}, [`${login}, ${login} via paywise`])).toEqual([]);
});

test('only the start is looked at: what is learned from, a minute at least and ten at most', () => {
  expect(told({ begin: 61_000 })).toEqual([]);
  expect(told({ begin: 61_000 }, [], 300_000)).toHaveLength(1);
  expect(told({ begin: 660_000 }, [], 86_400_000)).toEqual([]);
});
