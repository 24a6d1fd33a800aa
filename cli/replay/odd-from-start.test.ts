import { expect, test } from 'vitest';
import { enriched } from '../../services/detector/traffic.test-fixture.ts';
import { createOddFromStart } from './odd-from-start.ts';

const start = Date.UTC(2026, 10, 20, 12);
const login = 'POST shop.example/login';

/** Log-ins every tenth of a second from `begin` ms on, by so many addresses; so many of ten are answered with `no`. */
function told(
  { begin = 0, addresses = 251, refused = 9, fn = 'login', endpoint = 'POST /login', no = 401 } = {},
  scopes: readonly string[] = [],
  learnedMs = 20_000,
): readonly string[] {
  const seen = createOddFromStart(start, learnedMs);
  for (let index = 0; index < 600; index++)
    seen.note(
      enriched(
        {
          at: start + begin + index * 100,
          ip: `91.1.2.${index % addresses}`,
          endpoint,
          fn,
          status: index % 10 < refused ? no : 200,
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

test('a bad day, one client, what is no log-in, and what a campaign stopped are not', () => {
  expect(told({ refused: 4 })).toEqual([]);
  expect(told({ addresses: 3 })).toEqual([]);
  expect(told({ fn: 'payment' })).toEqual([]);
  expect(told({}, [`${login}, ${login} via paywise`])).toEqual([]);
});

test('so are look-ups for what does not exist, more of them than people ever send', () => {
  const lookUps = { fn: 'inventory', endpoint: 'GET /stock/{number}', no: 404 };
  expect(told({ ...lookUps, refused: 4 })).toEqual([
    expect.stringMatching(
      /^40 % of 600 look-ups at GET shop\.example\/stock\/\{number\} were for what does not exist in the first 1m already, by 135 addresses\./,
    ),
  ]);
  expect(told({ ...lookUps, refused: 2 })).toEqual([]);
  expect(told({ ...lookUps, fn: 'content' })).toEqual([]);
});

test('only the start is looked at: what is learned from, a minute at least and ten at most', () => {
  expect(told({ begin: 61_000 })).toEqual([]);
  expect(told({ begin: 61_000 }, [], 300_000)).toHaveLength(1);
  expect(told({ begin: 660_000 }, [], 86_400_000)).toEqual([]);
});
