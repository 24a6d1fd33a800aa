import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ApiEndpoint } from '../../lib/contracts/generated.ts';
import { createApiCatalogue } from '../../lib/path/api-catalogue.ts';
import { documentedEndpoints } from '../../lib/path/openapi.ts';
import { inventorySummary } from '../replay/inventory-summary.ts';
import { compareDocuments } from './compare-documents.ts';
import { draftOpenApi } from './export-openapi.ts';
import { createSeenEndpoints } from './seen-endpoints.ts';

const endpoint = (name: string, more: Partial<ApiEndpoint> = {}): ApiEndpoint => ({
  endpoint_id: `ept_${name}`,
  revision: 1,
  updated_at: 1000,
  site: 'default',
  host: 'shop.example',
  endpoint: name,
  function: 'other',
  status: 'unknown',
  documentation: null,
  operation_id: null,
  first_seen_at: 0,
  established_at: 0,
  last_seen_at: 1000,
  requests: 10,
  succeeded: 10,
  failed: 0,
  missing: 0,
  clients: 5,
  client_class: 'browser',
  audience: 'public',
  params: [],
  analogues: [],
  family: null,
  ...more,
});

const document = `
openapi: 3.0.0
servers: [{url: https://shop.example/v1}]
paths:
  /stores/{storeId}/stock: {get: {operationId: stock}}
  /files/{name}.json: {get: {}}
  /old: {get: {x-sunset: 2026-01-01}, deprecated: false}
  /gone: {get: {responses: {410: {}}}}
  /never: {post: {}, options: {}}
`;
const api = createApiCatalogue(documentedEndpoints(document, 'shop.yaml', ['shop.example']));

describe('against documents', () => {
  const { called, unused } = compareDocuments(
    [
      endpoint('GET /v1/stores/{number}/stock'),
      endpoint('GET /v1/files/{number}.json'),
      endpoint('GET /v1/old'),
      endpoint('GET /v1/gone'),
      endpoint('POST /v1/stores/{number}/stock', { status: 'documented' }),
      endpoint('GET /v1/old', { host: 'elsewhere.example' }),
      endpoint('POST /v1/old', { status: 'unused' }),
    ],
    api,
  );
  test('templates that traffic was counted by are found, whatever the document calls its variables', () => {
    expect(called.map(({ endpoint: name, host, status }) => `${status} ${name} ${host}`)).toEqual([
      'documented GET /v1/stores/{number}/stock shop.example',
      'documented GET /v1/files/{number}.json shop.example',
      'zombie GET /v1/old shop.example',
      'zombie GET /v1/gone shop.example',
      'shadow POST /v1/stores/{number}/stock shop.example',
      'unknown GET /v1/old elsewhere.example',
    ]);
    expect(called[0]!.operation_id).toBe('stock');
  });
  test('what is documented, not gone and not called is unused', () => {
    expect(unused).toMatchObject([{ host: 'shop.example', document: { template: '/v1/never' } }]);
  });
});

test('of several documents the one that is in force counts', () => {
  const both = createApiCatalogue([
    ...documentedEndpoints('openapi: 3.0.0\npaths: {/a: {get: {}}, /b: {get: {}}}', 'old', [], 'gone'),
    ...documentedEndpoints('openapi: 3.0.0\npaths: {/a: {get: {}}}', 'new', []),
  ]);
  expect(both.find('GET', 'x.example', '/a')?.documentation).toBe('current');
  expect(both.find('HEAD', 'x.example', '/b')?.documentation).toBe('gone');
  expect(both.find('POST', 'x.example', '/a')).toBeNull();
});

test('of revisions in any order the newest counts; members of a family are not listed', () => {
  const seen = createSeenEndpoints();
  for (const value of [
    endpoint('GET /a', { revision: 2, requests: 20 }),
    endpoint('GET /a', { revision: 1 }),
    endpoint('GET /p/{word}'),
    endpoint('GET /p/shoe', { status: 'merged', family: 'GET shop.example/p/{word}' }),
  ])
    seen.add({ type: 'ApiEndpoint', value });
  expect(seen.list().map(({ endpoint: name, requests }) => [name, requests])).toEqual([
    ['GET /a', 20],
    ['GET /p/{word}', 10],
  ]);
});

test('a summary says nothing of documents where none was given', () => {
  expect(inventorySummary([endpoint('GET /a')])).toMatchObject({ endpoints: 1, documented: null });
  expect(
    inventorySummary([
      endpoint('GET /a', { status: 'documented' }),
      endpoint('POST /pay', { status: 'shadow', requests: 3 }),
      endpoint('GET /x.js', { status: 'shadow', function: 'content' }),
      endpoint('GET /u', { status: 'unused' }),
    ]),
  ).toMatchObject({
    endpoints: 3,
    documented: 1,
    undocumented: [{ endpoint: 'POST shop.example/pay', requests: 3 }],
    unused: ['GET shop.example/u'],
  });
});

test('a draft is an OpenAPI document that documents exactly what was called', () => {
  const endpoints = [
    endpoint('GET /stores/{number}/aisles/{number}', { params: ['page'] }),
    endpoint('POST /cart', { params: ['sku'] }),
    endpoint('GET /app.js', { function: 'content' }),
    endpoint('GET /{other}'),
    endpoint('OPTIONS /cart'),
  ];
  const text = draftOpenApi(endpoints, 'Shop');
  const draft = documentedEndpoints(text, 'draft', []);
  expect(draft.map(({ method, template }) => `${method} ${template}`)).toEqual([
    'GET /stores/{stores_number}/aisles/{aisles_number}',
    'POST /cart',
  ]);
  const { called, unused } = compareDocuments(endpoints.slice(0, 2), createApiCatalogue(draft));
  expect(called.map(({ status }) => status)).toEqual(['documented', 'documented']);
  expect(unused).toEqual([]);
  expect(parse(text)).toMatchObject({ servers: [{ url: 'https://shop.example' }] });
});
