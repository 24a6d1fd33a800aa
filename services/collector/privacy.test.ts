import { describe, expect, test } from 'vitest';
import { parseIp } from '../../lib/ip.ts';
import { privacyConfig } from './config.ts';
import { normalise } from './normalise.ts';
import { createRedactor } from './privacy.ts';
import { createPseudonymiser } from './pseudonyms.ts';
import { createUnknownFields } from './unknown-fields.ts';

const secret = Buffer.alloc(32, 1);
const context = {
  eventId: 'evt_1',
  site: 'default',
  sourceId: 'test',
  receivedAt: 1,
  clientIp: parseIp('203.0.113.9')!,
  host: 'shop.example',
};
const base = { timestamp: 1763287924500, client_ip: '203.0.113.9', method: 'get', host: 'x', path: '/' };

function redact(change: object, config: object = {}) {
  const unknown = createUnknownFields();
  const outcome = normalise({ ...base, ...change });
  if (outcome.kind === 'reject') throw new Error(outcome.detail);
  const event = createRedactor(privacyConfig.parse(config), secret, unknown)(outcome.value, context);
  return { event, unknown: unknown.counts() };
}

test('no secret planted anywhere leaves the collector', () => {
  const planted = 'S3cretValue-jane@example.com-4111111111111111';
  const { event, unknown } = redact({
    path: `/users/${encodeURIComponent(planted)}/cart;jsessionid=${planted}`,
    query: `email=${encodeURIComponent(planted)}&token=${planted}&${planted}&operationName=${planted}`,
    params: { card_number: planted, nested: { a: [planted] }, [planted]: 1 },
    referer: `https://user:${planted}@shop.example/reset/${planted}?t=${planted}#${planted}`,
    session_id: planted,
    account_id: planted,
    api_key_id: planted,
    headers: { authorization: planted, cookie: `sid=${planted}`, 'x-secret': planted },
    custom: planted,
    deep: { er: planted },
  });
  const text = JSON.stringify(event, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
  );
  for (const part of [planted, 'S3cret', 'jane', '4111111111111111']) expect(text).not.toContain(part);
  expect(event.extra).toEqual({});
  expect(event.headers).toEqual({});
  expect(unknown).toEqual([
    ['custom:string', 1],
    ['deep:object', 1],
  ]);
});

test('what config names is kept', () => {
  const { event } = redact(
    { query: 'sku=AB-1&zip=90210', headers: { 'X-Tier': 'gold' }, custom: { a: 1 }, path: '/zip/90210' },
    { keep_values: ['sku'], headers: ['x-tier'], keep: ['custom'], keep_path_shapes: ['number'] },
  );
  expect(event.params.map(({ name, value }) => [name, value])).toEqual([
    ['sku', 'AB-1'],
    ['zip', null],
  ]);
  expect([event.headers, event.extra, event.path]).toEqual([
    { 'x-tier': 'gold' },
    { custom: '{"a":1}' },
    '/zip/90210',
  ]);
});

test('a query that names its operation is read, unless the log says it', () => {
  const named = (change: object) => redact({ path: '/graphql', ...change }).event.operation;
  expect(named({ query: 'operationName=StoreStock&variables=%7B%7D' })).toBe('StoreStock');
  expect(named({ query: 'operationName=StoreStock', operation: 'stock' })).toBe('stock');
  for (const query of [
    'operationName=',
    'a=1',
    'operationName=Zx9K48ahdk3hQ2fhs8dkq7Q',
    'operationName=a%20b',
  ])
    expect(named({ query })).toBeNull();
});

test('equal values have equal hashes, wherever they come from; secrets leave none', () => {
  const { event } = redact({ query: 'a=x%20y&b=x+y&c=z&password=x+y', params: { d: 'x y' } });
  const hash = Object.fromEntries(event.params.map((param) => [param.name, param.hash.toString('hex')]));
  expect(hash['a']).toBe(hash['b']);
  expect(hash['a']).toBe(hash['d']);
  expect(hash['a']).not.toBe(hash['c']);
  expect(hash['password']).toBe('0000000000000000');
});

test('text is cut and made safe to show', () => {
  const { event } = redact({
    user_agent: `a\u0000b\u001b[31m\u202e${'x'.repeat(5000)}`,
    accept_language: 'd\ud800e',
  });
  expect(event.user_agent).toHaveLength(1024);
  expect(event.user_agent?.startsWith('a\ufffdb\ufffd[31m\ufffdx')).toBe(true);
  expect(event.accept_language).toBe('d\ufffde');
  expect(event.method).toBe('GET');
});

test('a referer is its host and redacted path', () => {
  expect(redact({ referer: 'https://Shop.example:443/p/12345?q=1' }).event.referer).toMatch(
    /^shop\.example\/p\/~number~[\w-]{11}$/,
  );
  expect(redact({ referer: 'https://shop.example' }).event.referer).toBe('shop.example/');
  expect(redact({ referer: 'not a url' }).event.referer).toBe('/');
});

describe('pseudonyms', () => {
  const keys = (...list: { id: number; secret: string; from?: string }[]) =>
    privacyConfig.parse({ keys: list }).keys;
  const first = { id: 1, secret: 'a'.repeat(32) };
  const second = { id: 2, secret: 'b'.repeat(32), from: '2026-11-16T00:00:00Z' };
  const turn = Date.parse(second.from);

  test('stable across instances, different by site, kind and key', () => {
    const one = createPseudonymiser(keys(first), secret);
    const other = createPseudonymiser(keys(first), Buffer.alloc(32, 7));
    const id = one('session', 'default', 'v', 0);
    expect(id).toMatch(/^k1\.[a-z2-7]{26}$/);
    expect(other('session', 'default', 'v', 9)).toBe(id);
    expect(new Set([id, one('account', 'default', 'v', 0), one('session', 'b', 'v', 0)]).size).toBe(3);
  });

  test('a rotation takes effect by event time', () => {
    const pseudonym = createPseudonymiser(keys(second, first), secret);
    expect(pseudonym('session', 'default', 'v', turn - 1)).toMatch(/^k1\./);
    expect(pseudonym('session', 'default', 'v', turn)).toMatch(/^k2\./);
  });

  test('without keys one is derived from the installation secret', () => {
    const [a, b] = [secret, Buffer.alloc(32, 2)].map((each) =>
      createPseudonymiser([], each)('session', 's', 'v', 0),
    );
    expect(a).toMatch(/^k1\./);
    expect(a).not.toBe(b);
  });
});
