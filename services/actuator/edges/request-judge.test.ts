import { expect, test } from 'vitest';
import { parseIp, parseNetwork } from '../../../lib/ip.ts';
import { createRateLimiter } from '../../../lib/rate-limiter.ts';
import { canonicalSignature } from '../../../lib/signature/signature.ts';
import { address, is, named, rule, ruleTo, sparing } from '../../../test/counterparts/edge-fixture.ts';
import { createAddressTable } from './address-table.ts';
import { placed } from './placed-entry.ts';
import { createRequestJudge, type JudgedRequest } from './request-judge.ts';

const request = (more: Partial<JudgedRequest> & { readonly from?: string } = {}): JudgedRequest => ({
  ip: parseIp(more.from ?? '203.0.113.50')!,
  method: 'GET',
  path: '/',
  host: 'shop.example',
  userAgent: null,
  acceptLanguage: null,
  referer: null,
  cookie: null,
  asn: null,
  country: null,
  endUserAsn: null,
  endUserCountry: null,
  ja3: null,
  ja4: null,
  ...more,
});

test('the strongest of all that a request falls under counts, and what is removed no longer does', () => {
  const judge = createRequestJudge();
  const entries = [
    address('192.0.2.0/24', 'block'),
    address('192.0.2.7', 'tag'),
    named('country', 'XX', 'rate_limit'),
    ruleTo('challenge', is('endpoint', 'in', 'GET /stores/{number}')),
    ruleTo('tag', is('has_cookie', 'in', 'no')),
  ];
  for (const entry of entries) judge.put(placed(entry));
  const of = (more: Parameters<typeof request>[0]) => judge.judge(request(more))?.action ?? null;
  expect(of({ from: '192.0.2.7', country: 'XX' })).toBe('block');
  expect(of({ country: 'XX', cookie: 'a=b' })).toBe('rate_limit');
  expect(of({ country: 'XX', path: '/stores/12', cookie: 'a=b' })).toBe('challenge');
  expect(of({})).toBe('tag');
  expect(of({ cookie: 'a=b' })).toBeNull();
  judge.remove(entries[0]!.key);
  judge.remove(entries[4]!.key);
  expect([of({ from: '192.0.2.7', cookie: 'a=b' }), of({ from: '192.0.2.8' }), of({})]).toEqual([
    'tag',
    null,
    null,
  ]);
});

test('no rule and no value stops who is exempt; a list of addresses does', () => {
  const judge = createRequestJudge();
  for (const entry of [rule(is('method', 'in', 'GET')), named('country', 'XX'), address('198.51.100.1')])
    judge.put(placed(entry));
  judge.exempt([parseNetwork('198.51.100.0/24')!]);
  const of = (from: string) => judge.judge(request({ from, country: 'XX' }))?.action ?? null;
  expect([of('198.51.100.2'), of('198.51.100.1'), of('203.0.113.1')]).toEqual([null, 'block', 'block']);
});

test('a table of addresses knows all networks around one', () => {
  const table = createAddressTable<string>();
  for (const text of ['203.0.113.0/24', '203.0.113.7', '203.0.113.128/25', '2001:db8::/32', '2001:db8::1'])
    table.set(parseNetwork(text)!, text);
  expect(table.covering(parseIp('203.0.113.7')!).sort()).toEqual(['203.0.113.0/24', '203.0.113.7']);
  expect(table.covering(parseIp('2001:db8::1')!).sort()).toEqual(['2001:db8::/32', '2001:db8::1']);
  table.delete(parseNetwork('203.0.113.7')!);
  expect(table.covering(parseIp('203.0.113.7')!)).toEqual(['203.0.113.0/24']);
  expect(table.covering(parseIp('198.51.100.1')!)).toEqual([]);
});

test('a client may do so much, and more as time goes by', () => {
  const limiter = createRateLimiter(2, 1000, 100);
  const admitted = [0, 0, 0, 499, 500, 500, 5000, 5000, 5000].map((at) => limiter.admits('a', at));
  expect(admitted).toEqual([true, true, false, false, true, false, true, true, false]);
  expect(limiter.admits('b', 0)).toBe(true);
});

test('the pass of a request is checked once, and only when a rule that holds spares the good', () => {
  const judge = createRequestJudge();
  for (const method of ['GET', 'HEAD']) {
    const { target, ...entry } = rule(is('method', 'in', 'GET', method));
    const signature = { ...target.signature!, except_good: true, good_after: ['cart'] };
    const value = canonicalSignature(signature);
    judge.put(placed({ ...entry, key: `signature|${value}`, value, target: { ...target, signature } }));
  }
  let asked = 0;
  const of = (method: string, words: string) => {
    const standing = () => {
      asked++;
      return words;
    };
    const action = judge.judge(request({ method, standing }))?.action ?? null;
    const times = asked;
    asked = 0;
    return [action, times];
  };
  expect([of('GET', '|cart|'), of('GET', ''), of('POST', '|cart|')]).toEqual([
    [null, 1],
    ['block', 1],
    [null, 0],
  ]);
});

test('a rule that spares the good where they are known holds for everybody where they are not', () => {
  const judge = createRequestJudge();
  judge.put(placed(sparing(rule(is('method', 'in', 'GET')), ['any'], false)));
  const of = (standing?: () => string) =>
    judge.judge(request({ method: 'GET', ...(standing && { standing }) }))?.action ?? null;
  expect([of(() => '|cart|content|'), of(() => ''), of()]).toEqual([null, 'block', 'block']);
});
