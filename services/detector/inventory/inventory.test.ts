import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sketch } from '../traffic.test-fixture.ts';
import { byTime, calls, settings, start, watch } from './inventory.test-fixture.ts';
import { analoguesOf, clientClassOf, statusOf } from './inventory.ts';

const minute = 60_000;
const openapi = `
openapi: 3.1.0
paths:
  /v1/stock: {get: {operationId: getStock}}
  /v1/old: {get: {deprecated: true}}
  /v1/gone: {get: {responses: {'410': {}}}}
  /v1/never: {post: {}}
`;
const documented = settings({}, openapi, ['shop.example']);
const shadow = { documented: false } as const;

describe('what counts as an endpoint', () => {
  test('one that answered enough distinct clients with success', () => {
    const twice = calls('POST /v1/wallet', 2, shadow);
    expect(watch(twice, documented).notices).toEqual([]);
    const oneClient = calls('POST /v1/wallet', 50, { ...shadow, ip: '91.1.1.1' });
    expect(watch(oneClient, documented).notices).toEqual([]);
    const { notices, rows } = watch(calls('POST /v1/wallet', 3, { ...shadow, fn: 'payment' }), documented);
    expect(notices).toMatchObject([
      { kind: 'undocumented', level: 'medium', endpoint: 'POST /v1/wallet', requests: 3, clients: 3 },
    ]);
    expect(notices[0]!.at).toBe(start + 3000); // the end of the second in which the third client was answered
    expect(rows.get('POST shop.example/v1/wallet')).toMatchObject({ status: 'shadow', requests: 3 });
  });

  test('paths that scanners try and do not find are none, and neither is what a gateway refuses to a few', () => {
    const tried = Array.from({ length: 300 }, (_, n) =>
      calls(`GET /w${n}`, 5, { ...shadow, status: 404, from: start + n * 100 }),
    );
    const refused = calls('POST /admin', 20, { ...shadow, status: 401 });
    const { notices, rows } = watch(byTime(...tried, refused), documented);
    expect(notices).toEqual([]);
    expect([...rows.values()].filter(({ status }) => status !== 'unused')).toEqual([]);
  });

  test('one that never succeeds is one when very many clients were answered', () => {
    const { notices } = watch(calls('POST /signin', 40, { ...shadow, fn: 'login', status: 401 }), documented);
    expect(notices).toMatchObject([{ kind: 'undocumented', endpoint: 'POST /signin' }]);
  });

  test('without a document nothing is said to be undocumented', () => {
    const { notices, rows } = watch(calls('POST /v1/wallet', 10), settings());
    expect(notices).toEqual([]);
    expect(rows.get('POST shop.example/v1/wallet')?.status).toBe('unknown');
  });

  test('files are in no API document, and nobody is told so', () => {
    const { notices, rows } = watch(calls('GET /app.js', 10, { ...shadow, fn: 'content' }), documented);
    expect(notices).toEqual([]);
    expect(rows.get('GET shop.example/app.js')?.status).toBe('shadow');
  });

  test('state is bounded: what is not established goes, what is stays', () => {
    const noise = Array.from({ length: 200 }, (_, n) => calls(`GET /w${n}`, 1, { from: start + n * 1000 }));
    const stock = calls('GET /v1/stock', 200, { documented: true });
    const { inventory, rows } = watch(byTime(stock, ...noise), settings({ endpoints: 20 }));
    expect(inventory.entries.size).toBeLessThanOrEqual(20);
    expect(rows.get('GET shop.example/v1/stock')?.requests).toBe(200);
  });
});

describe('against a document', () => {
  const traffic = byTime(
    calls('GET /v1/stock', 30, { documented: true }),
    calls('GET /v1/old', 4, { documented: true }),
    calls('GET /v1/gone', 4, { documented: false, status: 410 }),
    calls('DELETE /v1/stock', 4, { documented: false }),
  );
  const { rows, notices, inventory } = watch(traffic, documented);

  test('each endpoint is documented, shadow, zombie or unused', () => {
    expect([...rows].map(([key, { status }]) => [key, status]).sort()).toEqual([
      ['DELETE shop.example/v1/stock', 'shadow'],
      ['GET shop.example/v1/gone', 'zombie'],
      ['GET shop.example/v1/old', 'zombie'],
      ['GET shop.example/v1/stock', 'documented'],
      ['POST shop.example/v1/never', 'unused'],
    ]);
    expect(rows.get('GET shop.example/v1/stock')?.operation_id).toBe('getStock');
    expect(notices.map(({ kind, endpoint }) => `${kind} ${endpoint}`).sort()).toEqual([
      'undocumented DELETE /v1/stock',
      'zombie GET /v1/gone',
      'zombie GET /v1/old',
    ]);
    expect(statusOf(inventory, documented, 'GET shop.example/v1/old')).toBe('zombie');
    expect(statusOf(inventory, documented, 'POST shop.example/v1/never')).toBe('documented');
    expect(statusOf(inventory, documented, 'POST shop.example/v1/other')).toBe('shadow');
    expect(statusOf(inventory, documented, 'POST else.example/v1/other')).toBe('unknown');
  });

  test('an endpoint said to be unused that is called after all goes on in the same row', () => {
    const later = calls('POST /v1/never', 3, { documented: true, from: start + 70 * minute });
    const watched = watch(byTime(calls('GET /v1/stock', 4300, { documented: true }), later), documented);
    const revisions = watched.outputs.filter(
      (output) => output.type === 'ApiEndpoint' && output.value.endpoint === 'POST /v1/never',
    );
    expect(revisions.map(({ value }) => value)).toMatchObject([
      { status: 'unused', revision: 1 },
      { status: 'documented', revision: 2 },
      { status: 'documented', revision: 3 },
    ]);
    expect(new Set(revisions.map(({ key }) => key)).size).toBe(1);
  });

  test('a burst of new endpoints is a few notices and one that counts the rest', () => {
    const many = Array.from({ length: 60 }, (_, n) =>
      calls(`POST /op${String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26))}`, 3, shadow),
    );
    const { notices: said } = watch(byTime(...many), settings({ notices_per_hour: 5 }, openapi));
    expect(said.filter(({ kind }) => kind === 'undocumented')).toHaveLength(5);
    expect(said.filter(({ kind }) => kind === 'more')).toMatchObject([{ endpoints: 55, level: 'medium' }]);
  });
});

describe('who calls', () => {
  const classOf = (sketches: readonly Sketch[], attacked = false): string => {
    const of = settings({ overrides: [{ endpoint: 'GET /override', clients: 'server' }] });
    const { inventory } = watch(sketches, of, { attacked: () => attacked });
    return clientClassOf(inventory, of, sketches[0]!.endpoint.replace(' ', ' shop.example'));
  };
  test('browsers, apps, servers, a mix, or not known', () => {
    expect(classOf(calls('GET /a', 30))).toBe('browser');
    expect(classOf(calls('GET /a', 30, { client: 'app' }))).toBe('app');
    expect(classOf(calls('GET /a', 30, { client: 'server' }))).toBe('server');
    expect(classOf(byTime(calls('GET /a', 30), calls('GET /a', 20, { client: 'app' })))).toBe('mixed');
    expect(classOf(calls('GET /a', 5))).toBe('unknown');
    expect(classOf(calls('GET /override', 30))).toBe('server');
  });
  test('a flood outvotes nobody, and an attack teaches nothing', () => {
    const flood = Array.from({ length: 5000 }, (_, n) => ({
      ...calls('GET /a', 1, { client: 'server' })[0]!,
      at: start + (n % 5) * 1000,
      ip: `45.1.${n % 200}.${n % 250}`,
    }));
    expect(classOf(byTime(calls('GET /a', 600), flood))).toBe('browser');
    expect(classOf(calls('GET /a', 30), true)).toBe('unknown');
  });
  test('partners and holders of keys', () => {
    const { rows } = watch(calls('POST /b2b/login', 30, { client: 'server', partner: 'bank' }), settings());
    expect(rows.get('POST shop.example/b2b/login')).toMatchObject({
      audience: 'partner',
      client_class: 'server',
    });
  });
});

test('the web look-up and its mobile analogue find each other; parameters may stand anywhere', () => {
  const web = calls('GET /api/stock/{sku}/{zip}', 20, { fn: 'inventory' });
  const mobile = calls('GET /v2/stock', 20, {
    fn: 'inventory',
    host: 'mobile-api.shop.example',
    client: 'app',
    params: { sku: '1', zip: '2' },
  });
  const other = calls('GET /v2/orders/{number}', 20, { fn: 'payment', host: 'mobile-api.shop.example' });
  const { inventory } = watch(byTime(web, mobile, other), settings());
  const [a, b] = ['GET shop.example/api/stock/{sku}/{zip}', 'GET mobile-api.shop.example/v2/stock'];
  expect(analoguesOf(inventory, a!)).toEqual([b]);
  expect(analoguesOf(inventory, b!)).toEqual([a]);
  expect(analoguesOf(inventory, 'GET mobile-api.shop.example/v2/orders/{number}')).toEqual([]);
});

describe('endpoints that differ in one word', () => {
  const words = 'red blue green black white grey pink lime teal navy'.split(' ');
  const things = 'shoe shirt sock cap belt coat scarf glove boot tie'.split(' ');
  const names = words.flatMap((word) => things.map((thing) => `${word}-${thing}`));
  // most asked for once or twice, some new ones all the time
  const shop = (path: (name: string) => string): Sketch[] =>
    byTime(
      ...names.map((name, n) => calls(path(name), n % 3 === 0 ? 30 : 2, { from: start + n * 15_000 })),
      calls(path('checkout'), 20),
      calls('GET /api/cart', 1600),
    );
  test('become one when the words never end; those that say what is done stay', () => {
    const of = settings();
    const { aliases, rows, inventory } = watch(
      shop((name) => `GET /p/${name}`),
      of,
    );
    expect(aliases).toMatchObject([{ family: 'GET /p/{word}', host: 'shop.example' }]);
    const family = rows.get('GET shop.example/p/{word}')!;
    const lone = watch(
      shop((name) => `GET /p/${name}`),
      settings({ families: false }),
    );
    const total = names.reduce(
      (sum, name) => sum + lone.inventory.entries.get(`GET shop.example/p/${name}`)!.requests,
      0,
    );
    expect(family.requests).toBe(total);
    expect(inventory.entries.has('GET shop.example/p/checkout')).toBe(true);
    const row = [...rows.values()].find(({ status }) => status === 'merged');
    expect(row?.family).toBe('GET shop.example/p/{word}');
    expect(statusOf(inventory, of, 'GET shop.example/p/never-seen-before')).toBe('unknown');
    expect(inventory.entries.size).toBeLessThan(10);
  });
  test('stay apart when all of them are known soon: operations of an API', () => {
    const operations = names.slice(0, 40);
    const traffic = Array.from({ length: 2400 }, (_, n) => ({
      at: start + n * 400,
      ip: `91.3.${n % 200}.1`,
      endpoint: `GET /rpc/${operations[Math.floor(((n * 7919) % 1600) ** 0.5)]}`,
    }));
    expect(watch(traffic, settings()).aliases).toEqual([]);
  });
  test('and never those that a campaign is about, or that a document names', () => {
    const sketches = shop((name) => `GET /p/${name}`);
    const attacked = (key: string): boolean => key.endsWith('/red-shoe');
    expect(watch(sketches, settings(), { attacked }).aliases).toEqual([]);
    const named = sketches.map((sketch) => ({ ...sketch, documented: true }));
    expect(watch(named, settings()).aliases).toEqual([]);
  });
});

test('property: neither how requests were spread over partitions nor a restart changes anything', () => {
  const endpoints = ['GET /v1/stock', 'POST /v1/wallet', 'GET /v1/gone', 'GET /x', 'GET /mobile/stock'];
  const sketch = fc.record({
    at: fc.integer({ min: start, max: start + 8 * minute }),
    ip: fc.nat(40).map((n) => `91.1.1.${n}`),
    endpoint: fc.constantFrom(...endpoints),
    status: fc.constantFrom(200, 200, 200, 401, 404),
    client: fc.constantFrom('browser', 'app', 'server'),
    documented: fc.constantFrom(true, false),
    params: fc.constantFrom<{ readonly [name: string]: string }[]>({}, { sku: '1' }, { sku: '2', zip: '3' }),
  });
  fc.assert(
    fc.property(
      fc.array(sketch, { minLength: 20, maxLength: 200 }),
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 1, max: 15 }),
      (sketches, partitions, restartAfter) => {
        const sorted = byTime(sketches);
        const one = watch(sorted, documented).outputs;
        expect(watch(sorted, documented, { partitionOf: (n) => (n * 31) % partitions }).outputs).toEqual(one);
        expect(watch(sorted, documented, { restartAfter }).outputs).toEqual(one);
      },
    ),
    { numRuns: 40 },
  );
});
