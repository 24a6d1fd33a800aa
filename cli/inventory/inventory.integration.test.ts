import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import { clickhouseConfig } from '../../lib/clickhouse/config.ts';
import { migrate } from '../../lib/clickhouse/migrations.ts';
import type { ApiEndpoint } from '../../lib/contracts/generated.ts';
import { runQuery } from '../../services/console/query.ts';
import { rootConfig } from '../config.ts';
import { ExitError } from '../exit-error.ts';
import { formatEvent } from '../generate/format.ts';
import { generateTraffic } from '../generate/traffic.ts';
import { endpointsOfFiles, endpointsOfStore } from './inventory-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-inventory-'));
const path = (name: string) => join(folder, name);
const { signal } = new AbortController();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const document = `
openapi: 3.0.3
paths:
  /stores/{storeId}/stock: {get: {}}
  /checkout/payment: {post: {}}
  /cart/items: {post: {}}
  /cart: {get: {deprecated: true}}
  /returns: {post: {}}
`;

let endpoints: readonly ApiEndpoint[];
beforeAll(async () => {
  const lines: string[] = [];
  for (const { event } of generateTraffic({
    scenario: 'shadow-payment',
    seed: 3,
    durationMs: 90_000,
    scale: 0.3,
  }))
    lines.push(formatEvent(event, 'ndjson'));
  writeFileSync(path('log.ndjson'), `${lines.join('\n')}\n`);
  writeFileSync(path('shop.yaml'), document);
  const config = rootConfig.parse({
    enricher: { openapi: [{ file: path('shop.yaml'), hosts: ['www.shop.example'] }] },
  });
  endpoints = await endpointsOfFiles(config, [path('log.ndjson')], { format: 'auto' }, signal);
}, 60_000);

const found = (name: string): ApiEndpoint | undefined =>
  endpoints.find(({ host, endpoint }) => endpoint.replace(' ', ` ${host}`) === name);

test('a log shows what is documented, undocumented, on its way out and unused', () => {
  expect(found('GET www.shop.example/stores/{storeId}/stock')?.status).toBe('documented');
  expect(found('POST www.shop.example/wallet/session')).toMatchObject({
    status: 'shadow',
    function: 'payment',
  });
  expect(found('GET www.shop.example/cart')?.status).toBe('zombie');
  expect(found('POST www.shop.example/returns')?.status).toBe('unused');
  expect(found('POST api.shop.example/mobile/v1/checkout/payment')?.status).toBe('unknown');
});

test('who calls what, and which endpoints do the same', () => {
  expect(found('GET www.shop.example/stores/{storeId}/stock')).toMatchObject({
    client_class: 'browser',
    analogues: ['GET api.shop.example/mobile/v1/stores/{number}/stock'],
  });
  expect(found('GET api.shop.example/mobile/v1/stores/{number}/stock')).toMatchObject({
    client_class: 'app',
    analogues: ['GET www.shop.example/stores/{storeId}/stock'],
  });
});

test('reading files ends when it is interrupted', async () => {
  const stopped = AbortSignal.abort(new ExitError(1, 'interrupted'));
  const reading = endpointsOfFiles(rootConfig.parse({}), [path('log.ndjson')], { format: 'auto' }, stopped);
  await expect(reading).rejects.toThrow('interrupted');
});

test('what a file of replay --inventory and what ClickHouse keeps are the same endpoints', async () => {
  writeFileSync(path('inventory.ndjson'), endpoints.map((one) => `${JSON.stringify(one)}\n`).join(''));
  expect(
    await endpointsOfFiles(rootConfig.parse({}), [path('inventory.ndjson')], { format: 'auto' }, signal),
  ).toEqual(endpoints);
  const clickhouse = await openClickHouse(clickhouseConfig.parse({}), { dataDir: path('clickhouse') });
  try {
    await migrate(clickhouse);
    await clickhouse.insert(
      'endpoint_revisions',
      endpoints.map((one) => ({ ...one })),
      { token: 'all' },
    );
    const archived = await endpointsOfStore({ query: (sql) => runQuery(clickhouse, sql) });
    expect(archived).toEqual(endpoints);
  } finally {
    await clickhouse.close();
  }
});
