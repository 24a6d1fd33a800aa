import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sipHash64, sipKey } from '../hash/siphash.ts';
import { documentedEndpoints, routesOfEndpoints } from './openapi.ts';
import { redactPath } from './redact.ts';
import type { Route } from './route-trie.ts';
import { createTemplater, type TemplaterOptions } from './template.ts';

const key = sipKey(Buffer.alloc(32, 3));
const hash = (value: string): Buffer => sipHash64(key, value);

function templater(options: Partial<TemplaterOptions> = {}) {
  const template = createTemplater({
    routes: [],
    functions: [],
    hash,
    perHost: 100,
    cached: 100,
    ...options,
  });
  return (method: string, path: string, host = 'api.example.com', missed = false) => {
    const { endpoint, params } = template(method, host, redactPath(path, hash), missed);
    return { ...endpoint, params: params.map((param) => [param.name, param.hash.toString('hex')]) };
  };
}
const hex = (value: string): string => hash(value).toString('hex');
const route = (method: string, template: string, hosts: string[] = []): Route => ({
  method,
  template,
  hosts,
  documented: false,
});

describe('by shape', () => {
  const template = templater();
  test.each([
    ['GET', '/', 'GET /', []],
    ['GET', '/stores/12345/stock', 'GET /stores/{number}/stock', [['stores_number', hex('12345')]]],
    ['GET', '/stores/12345/stock/', 'GET /stores/{number}/stock', [['stores_number', hex('12345')]]],
    [
      'GET',
      '/a/100001/100002',
      'GET /a/{number}/{number}',
      [
        ['a_number', hex('100001')],
        ['a_number_2', hex('100002')],
      ],
    ],
    ['GET', '/users/12345.json', 'GET /users/{number}.json', [['users_number', hex('12345')]]],
    ['GET', '/4711', 'GET /{number}', [['number', hex('4711')]]],
    ['BREW', '/pot', 'OTHER /pot', []],
    ['OPTIONS', '*', 'OPTIONS *', []],
    ['POST', '/graphql#LoginUser', 'POST /graphql', []],
  ])('%s %s is %s', (method, path, name, params) => {
    for (let again = 0; again < 2; again++) {
      const found = template(method, path);
      expect(found.name).toBe(name);
      expect(found.params).toEqual(params);
      expect(found.documented).toBeNull();
    }
  });

  test('many segments are cut', () => {
    expect(template('GET', '/x'.repeat(100)).name).toBe(`GET ${'/x'.repeat(24)}/{rest}`);
  });
});

describe('by route', () => {
  const template = templater({
    routes: [
      route('GET', '/stores/{store}/stock'),
      route('GET', '/stores/nearby/stock'),
      route('*', '/files/{name}.json'),
      route('GET', '/reports/2024/{part}', ['*.example.com']),
    ],
  });
  test('a variable takes words and identifiers', () => {
    expect(template('GET', '/stores/12345/stock')).toMatchObject({
      name: 'GET /stores/{store}/stock',
      params: [['store', hex('12345')]],
    });
    expect(template('GET', '/stores/downtown/stock').params).toEqual([['store', hex('downtown')]]);
  });
  test('a literal comes before a variable, a part of a segment before the whole', () => {
    expect(template('GET', '/stores/nearby/stock').name).toBe('GET /stores/nearby/stock');
    expect(template('PUT', '/files/12345.json')).toMatchObject({
      name: 'PUT /files/{name}.json',
      params: [['name', hex('12345')]],
    });
  });
  test('a literal that the collector hides still matches, on its hosts', () => {
    expect(template('GET', '/reports/2024/summary').name).toBe('GET /reports/2024/{part}');
    expect(template('GET', '/reports/2024/summary', 'elsewhere.org').name).toBe(
      'GET /reports/{number}/summary',
    );
  });
});

describe('by OpenAPI document', () => {
  const document = `
openapi: 3.0.3
servers: [{url: 'https://api.example.com/v1/'}]
paths:
  /stores/{number}/stock: {get: {}, parameters: []}
  /login: {post: {}}
`;
  const template = templater({
    routes: routesOfEndpoints(documentedEndpoints(document, 'api.yaml', ['api.example.com'])),
  });
  test.each([
    ['GET', '/v1/stores/12345/stock', true],
    ['HEAD', '/v1/stores/12345/stock', true],
    ['OPTIONS', '/v1/login', true],
    ['DELETE', '/v1/login', false],
    ['POST', '/v1/payments/express', false],
  ])('%s %s documented: %s', (method, path, documented) => {
    expect(template(method, path).documented).toBe(documented);
  });
  test('a host that the document does not cover is neither', () => {
    expect(template('POST', '/v1/login', 'www.example.com').documented).toBeNull();
  });
  test.each(['[]', 'swagger: "2.0"', 'openapi: 3.1.0', '{', 'openapi: 3.0.0\npaths: {x: 1}'])(
    'refuses %j',
    (text) => {
      expect(() => documentedEndpoints(text, 'api.yaml', [])).toThrow(/api\.yaml/);
    },
  );
});

describe('bounded', () => {
  const word = (n: number): string => `/w${String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26))}x`;
  test('beyond the limit of a host the rest is one endpoint; other hosts are not touched', () => {
    let full = 0;
    const template = templater({ perHost: 20, onFull: () => full++ });
    for (let n = 0; n < 60; n++) template('GET', word(n));
    expect(full).toBe(40);
    expect(template('GET', '/new').name).toBe('GET /{other}');
    expect(template('GET', word(0)).name).toBe(`GET ${word(0)}`);
    expect(template('GET', '/new', 'other.example.com').name).toBe('GET /new');
  });
  test('a scanner that only meets 404 cannot crowd out an endpoint that exists', () => {
    const template = templater({ perHost: 20 });
    for (let n = 0; n < 300; n++) template('GET', word(n), undefined, true);
    expect(template('GET', word(299), undefined, true).name).toBe('GET /{other}');
    expect(template('GET', word(299)).name).toBe(`GET ${word(299)}`);
  });
  test('the names in one folder leave room for the rest of the host', () => {
    const template = templater({ perHost: 800 });
    for (let n = 0; n < 150; n++) template('GET', `/products${word(n)}/reviews`);
    expect(template('GET', `/products${word(3)}/reviews`).name).toBe(`GET /products${word(3)}/reviews`);
    expect(template('GET', `/products${word(160)}/reviews`).name).toBe('GET /products/{other}/reviews');
    expect(template('GET', `/products${word(161)}`).name).toBe('GET /products/{other}');
    expect(template('POST', '/wallet/session').name).toBe('POST /wallet/session');
  });
  test('a folder that a scanner tried names in still takes those that exist', () => {
    const template = templater({ perHost: 800 });
    for (let n = 0; n < 150; n++) template('GET', `/products${word(n)}`, undefined, true);
    expect(template('GET', `/products${word(149)}`, undefined, true).name).toBe('GET /products/{other}');
    expect(template('GET', `/products${word(149)}`).name).toBe(`GET /products${word(149)}`);
  });
  test('any number of hosts', () => {
    const template = templater({ perHost: 10, cached: 10 });
    for (let n = 0; n < 3000; n++) template('GET', word(n % 600), `h${n}.example.com`);
    expect(template('GET', '/brand-new', 'h9999.example.com').name).toBe('GET /{other}');
  });
});

test('property: any path yields a template without its identifiers, and hashes of 8 bytes', () => {
  const raw = createTemplater({
    routes: [route('GET', '/{a}/{b}-{c}')],
    functions: [],
    hash,
    perHost: 50,
    cached: 50,
  });
  const segment = fc.oneof(
    fc.string(),
    fc.constantFrom('~', '~number~', '~x~AAAAAAAAAAA', '~number~!!!!!!!!!!!', '12-34'),
  );
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 6 }), (parts) => {
      const redacted = redactPath(`/${parts.join('/')}`, hash);
      for (const path of [`/${parts.join('/')}`, redacted]) {
        const { endpoint, params } = raw('GET', 'h', path, false);
        expect(endpoint.name.startsWith('GET ')).toBe(true);
        for (const param of params) expect(param.hash.length).toBe(8);
        expect(new Set(params.map((param) => param.name)).size).toBe(params.length);
      }
      expect(raw('GET', 'h', redacted, false).endpoint.name).not.toMatch(/\/~[a-z]+~[\w-]{11}(\/|$)/);
    }),
  );
});
