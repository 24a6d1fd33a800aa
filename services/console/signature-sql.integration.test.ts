import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClickHouse, openClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import { clickhouseConfig } from '../../lib/clickhouse/config.ts';
import { migrate } from '../../lib/clickhouse/migrations.ts';
import type { Predicate } from '../../lib/contracts/generated.ts';
import { type Attribute, attributeNames, attributes } from '../../lib/signature/attributes.ts';
import { compileSignature } from '../../lib/signature/signature.ts';
import { signatureSql } from '../../lib/signature/signature-sql.ts';
import { enrichedRequest } from '../archiver/request-event.test-fixture.ts';
import { requestRow } from '../archiver/request-row.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-signature-'));
let clickhouse: ClickHouse;

/** Requests that say everything, and nothing. */
const events = [
  enrichedRequest({
    source_offset: 0,
    ip: '203.0.113.9',
    request: {
      referer: 'shop.example/p',
      accept_language: 'de',
      tls_version: '1.3',
      ja3: 'abc',
      partner_id: 'bank',
      cookie_count: 3,
    },
    proxy_operator: 'op',
  }),
  enrichedRequest({
    source_offset: 1,
    ip: '2001:db8:1:2::9',
    request: { user_agent: null, ja4: null, http_version: null, cookie_count: null, status: null },
    country: null,
    asn: null,
    browser: null,
    browser_version: null,
    browser_age_days: null,
    browser_plausible: null,
    platform: null,
  }),
  enrichedRequest({
    source_offset: 2,
    request: { cookie_count: 0 },
    browser_version: 90,
    browser_plausible: false,
  }),
  enrichedRequest({ source_offset: 3, endpoint: 'GET /p/red-shoe/reviews' }),
  enrichedRequest({ source_offset: 4, endpoint: 'GET /p/new/reviews', documented: true }),
];

beforeAll(async () => {
  clickhouse = await openClickHouse(clickhouseConfig.parse({}), { dataDir: folder });
  await migrate(clickhouse);
  await clickhouse.insert(
    'requests',
    events.map((event) => requestRow(event, 0, 0)),
    { token: 'events', sameShape: true },
  );
});
afterAll(async () => {
  await clickhouse.close();
  rmSync(folder, { recursive: true, force: true });
});

const selected = async (predicates: readonly Predicate[]): Promise<readonly number[]> => {
  const condition = signatureSql(predicates, 's')!;
  const rows = await clickhouse.query<{ n: number }>(
    `SELECT topic_offset AS n FROM requests WHERE ${condition.sql} ORDER BY n`,
    condition.params,
  );
  return rows.map((row) => row.n);
};
const expected = (predicates: readonly Predicate[]): readonly number[] =>
  events
    .filter(compileSignature({ predicates, except_good: false, good_after: [] }))
    .map((event) => event.source_offset);

test.each(attributeNames)('%s means the same in SQL as in the matcher', async (name) => {
  const attribute: Attribute = attributes[name];
  const values = events.map((event) => attribute.read(event)).filter((value) => value !== null);
  const first = String(values[0] ?? 'x');
  const cases: Predicate[] = [
    { attribute: name, op: 'in', values: [first, 'something else'] },
    { attribute: name, op: 'not_in', values: [first] },
    { attribute: name, op: 'absent', values: [] },
    { attribute: name, op: 'present', values: [] },
  ];
  if (attribute.type === 'number')
    cases.push(
      { attribute: name, op: 'lte', values: ['100'] },
      { attribute: name, op: 'gte', values: ['100'] },
    );
  for (const predicate of cases)
    expect([predicate, await selected([predicate])]).toEqual([predicate, expected([predicate])]);
});

test('endpoints counted as one stand for their members', async () => {
  const family = 'GET /p/{word}/reviews';
  for (const values of [[family], ['GET /elsewhere/{word}'], [family, 'GET /elsewhere/{word}']]) {
    const predicates = [{ attribute: 'endpoint', op: 'in', values }];
    expect(await selected(predicates)).toEqual(expected(predicates));
  }
  expect(await selected([{ attribute: 'endpoint', op: 'in', values: [family] }])).toEqual([3]);
});

test('predicates are joined by and; an unknown one says nothing', async () => {
  const both: Predicate[] = [
    { attribute: 'has_cookie', op: 'in', values: ['no'] },
    { attribute: 'browser_version', op: 'lte', values: ['90'] },
  ];
  expect(await selected(both)).toEqual([2]);
  expect(signatureSql([], 's')).toBeNull();
  expect(signatureSql([{ attribute: 'colour', op: 'in', values: ['red'] }], 's')).toBeNull();
});
