import { expect, test } from 'vitest';
import type { Campaign } from '../../../lib/contracts/generated.ts';
import type { LogBatch } from '../../../lib/log/log.ts';
import { CampaignBook } from './campaign-book.ts';
import { TakenBack } from './taken-back.ts';

const campaign = (id: string, openedAt: number, revision: number, endpoint = 'POST /login'): Campaign =>
  ({
    campaign_id: id,
    revision,
    site: 'default',
    opened_at: openedAt,
    updated_at: openedAt,
    closed_at: null,
    scopes: [{ kind: 'endpoint', key: 'POST shop.example/login' }],
    signatures: [
      {
        version: 1,
        signature: {
          predicates: [
            { attribute: 'endpoint', op: 'in', values: [endpoint] },
            { attribute: 'country', op: 'in', values: ['XX'] },
          ],
          except_good: false,
          good_after: [],
        },
        from_at: openedAt + 1000,
        until_at: null,
      },
    ],
  }) as unknown as Campaign;

const read = (book: CampaignBook, ...values: Campaign[]): void =>
  book.take({
    records: values.map((value) => ({ type: 'Campaign', value })),
  } as unknown as LogBatch<'campaigns'>);

test('which campaign comes first does not depend on the order in which revisions are read', () => {
  const one = [campaign('cmp_b', 1000, 1), campaign('cmp_a', 2000, 1), campaign('cmp_b', 1000, 2)];
  const other = [campaign('cmp_a', 2000, 1), campaign('cmp_b', 1000, 2)];
  const order = (campaigns: Campaign[]): string[] => {
    const book = new CampaignBook();
    read(book, ...campaigns);
    return book.concerning('default', 'POST /login').map(({ campaign: { campaign_id: id } }) => id);
  };
  expect(order(one)).toEqual(['cmp_b', 'cmp_a']);
  expect(order(other)).toEqual(['cmp_b', 'cmp_a']);
});

test('a signature is ahead of its campaign where this is about other endpoints', () => {
  const aheadOf = (endpoint: string, scopes: Campaign['scopes']): boolean => {
    const book = new CampaignBook();
    read(book, { ...campaign('cmp_a', 1000, 1, endpoint), scopes });
    return book.concerning('default', endpoint)[0]!.ahead;
  };
  const logIn = [{ kind: 'endpoint', key: 'POST shop.example/login' }] as const;
  expect(aheadOf('POST /login', logIn)).toBe(false);
  expect(aheadOf('GET /login', logIn)).toBe(true);
  expect(aheadOf('POST /login', [{ kind: 'endpoint', key: 'POST shop.example/login#knock' }])).toBe(false);
  expect(
    aheadOf('POST /login', [{ kind: 'partner_endpoint', key: 'POST shop.example/login via bank' }]),
  ).toBe(false);
  // all that a route or a site serves is its own
  expect(aheadOf('GET /login', [{ kind: 'route', key: 'POST */login' }])).toBe(false);
});

test('a signature of endpoints counted as one concerns their members only', () => {
  const book = new CampaignBook();
  read(book, campaign('cmp_a', 1000, 1, 'GET /p/{word}'), campaign('cmp_b', 500, 1, 'GET /p/shoe'));
  const of = (endpoint: string): string[] =>
    book.concerning('default', endpoint).map(({ campaign: { campaign_id: id } }) => id);
  expect(of('GET /p/shoe')).toEqual(['cmp_b', 'cmp_a']);
  expect(of('GET /p/{other}')).toEqual(['cmp_a']);
  expect(of('GET /p/checkout')).toEqual([]);
  expect(of('POST /p/shoe')).toEqual([]);
  expect(of('GET /p/shoe/reviews')).toEqual([]);
});

test('what was taken back is reached with its end, however far ahead the book was read, and other ends are none', () => {
  const book = new CampaignBook();
  const ended = (id: string, site: string, action: string): Campaign => ({
    ...campaign(id, 1000, 2),
    site,
    closed_at: 9000,
    applied_action: action,
  });
  read(
    book,
    ended('cmp_a', 'default', 'observe'),
    ended('cmp_b', 'default', 'block'),
    campaign('cmp_c', 1000, 1),
  );
  read(book, ended('cmp_d', 'other', 'observe'));
  const takenBack = new TakenBack();
  const until = (site: string, at: number): string[] =>
    takenBack.until(book, site, at).map(({ campaign_id: id }) => id);
  expect(until('default', 8999)).toEqual([]);
  expect(until('default', 9000)).toEqual(['cmp_a']);
  expect(until('default', 9500)).toEqual([]);
  expect(until('other', 9500)).toEqual(['cmp_d']);
});
