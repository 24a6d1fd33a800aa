import { copyFileSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseIp } from '../../lib/ip.ts';
import { silentLogger } from '../../lib/observability/logger.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import { inPackage } from '../../lib/package-root.ts';
import { enricherConfig } from './config.ts';
import { type DataSetSource, dataSetSources, shippedSets } from './data-sets.ts';
import { dataStatus } from './data-status.ts';
import { type EnrichmentData, openEnrichmentData } from './enrichment-data.ts';

const ip = (text: string) => parseIp(text)!;
const maxmind = (name: string) => inPackage('test', 'fixtures', 'enrichment', 'maxmind', `${name}.mmdb`);
const now = Date.parse('2026-11-23T12:00:00Z');

async function open(sources: readonly DataSetSource[]) {
  const metrics = createMetrics();
  const data = await openEnrichmentData({
    sources,
    also: ['table 1'],
    remembered: 1000,
    maxAgeMs: 1e12,
    now: () => now,
    logger: silentLogger,
    metrics,
  });
  const failures = async () =>
    (await metrics.enrichmentFailures.get()).values.reduce((sum, { value }) => sum + value, 0);
  return { data, metrics, failures };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-data-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('starter data', () => {
  let data: EnrichmentData;
  beforeAll(async () => {
    ({ data } = await open(dataSetSources(enricherConfig.parse({}))));
  });
  test('all of it loads', () => {
    expect(data.loaded().length).toBe(shippedSets().length);
  });
  test.each([
    ['8.8.8.8', { country: 'US', asn: 15169, networkClass: 'hosting', proxyKind: null }],
    ['18.196.0.1', { asn: 16509, networkClass: 'hosting' }],
    ['104.28.28.1', { networkClass: 'relay', proxyKind: 'relay', proxyOperator: 'Apple Private Relay' }],
    ['2a02:26f7:b00a:4000::5', { networkClass: 'relay' }],
    ['2.58.241.66', { networkClass: 'vpn', proxyOperator: 'Proton VPN' }],
    ['18.9.22.69', { asn: 3, networkClass: 'education', country: 'US' }],
    ['80.187.85.1', { country: 'DE', asn: 3320, networkClass: 'isp', proxyKind: null }],
    ['66.249.66.1', { crawler: 'Google', asn: 15169 }],
    ['2a00:1450:4001:81b::200e', { asn: 15169 }],
    ['10.0.0.1', { country: null, asn: null, networkClass: 'unknown' }],
    ['192.0.2.1', { asn: null, networkClass: 'unknown' }],
    ['198.51.100.1', { asn: null, networkClass: 'unknown' }],
    ['203.0.113.1', { asn: null, networkClass: 'unknown' }],
    ['2001:db8::1', { asn: null, networkClass: 'unknown' }],
  ])('%s', (text, expected) => {
    expect(data.lookup(ip(text))).toMatchObject(expected);
  });
  test('people behind Private Relay are never proxies, whatever other lists say', () => {
    const text = readFileSync(inPackage('data', 'lists', 'apple-private-relay.txt'), 'utf8');
    for (const line of text.split('\n').filter((_, index) => index % 50 === 0)) {
      const address = line.replace(/\/\d+$/, '');
      if (address !== '') expect(data.lookup(ip(address)).networkClass).toBe('relay');
    }
  });
});

describe('configured files', () => {
  const config = (paths: readonly unknown[]) => enricherConfig.parse({ starter: false, data_sets: paths });

  test('the first that can answer does, lists add what they know', async () => {
    const list = join(folder, 'isp.txt');
    writeFileSync(list, '81.2.69.0/24\n');
    const { data } = await open(
      dataSetSources(
        config([
          maxmind('GeoLite2-Country-Test'),
          maxmind('GeoIP-Anonymous-Plus-Test'),
          { path: list, class: 'isp' },
        ]),
      ),
    );
    expect(data.lookup(ip('81.2.69.160'))).toMatchObject({ country: 'GB', networkClass: 'tor' });
    expect(data.lookup(ip('1.2.0.1'))).toMatchObject({
      proxyKind: 'vpn',
      proxyOperator: 'foo',
      proxyConfidence: 30,
    });
  });

  test('a changed file is taken into use, a damaged one is not; the snapshot names what is in use', async () => {
    const path = join(folder, 'block.netset.gz');
    const write = (text: string | Buffer, at: number) => {
      writeFileSync(path, typeof text === 'string' ? gzipSync(text) : text);
      utimesSync(path, at, at);
    };
    write('81.2.69.1\n', 1000);
    const { data, failures } = await open(dataSetSources(config([{ path, class: 'public_proxy' }])));
    const first = data.snapshot();
    expect(data.lookup(ip('81.2.69.1')).proxyKind).toBe('public');
    expect(await data.reload()).toBe(0);

    write('81.2.69.2\n', 2000);
    expect(await data.reload()).toBe(1);
    expect(data.snapshot()).not.toBe(first);
    expect(data.lookup(ip('81.2.69.1')).proxyKind).toBeNull();
    expect(data.lookup(ip('81.2.69.2')).proxyKind).toBe('public');

    const second = data.snapshot();
    write(Buffer.from('no gzip at all'), 3000);
    expect(await data.reload()).toBe(0);
    expect(await failures()).toBe(1);
    expect(await data.reload()).toBe(0);
    expect(await failures()).toBe(1); // tried once
    expect(data.lookup(ip('81.2.69.2')).proxyKind).toBe('public');
    expect(data.snapshot()).toBe(second);

    write('81.2.69.1\n', 4000);
    expect(await data.reload()).toBe(1);
    expect(data.snapshot()).toBe(first); // same content, same snapshot
  });

  test('a file is read once, however often it is opened as the same; as another class it is another set', async () => {
    const path = join(folder, 'shared.netset');
    const setOf = async (kind: string, starter = false) => {
      const { data } = await open(
        dataSetSources(config([{ path, class: kind }])).map((source) => ({ ...source, starter })),
      );
      const [loaded] = data.loaded();
      return loaded!;
    };
    writeFileSync(path, '81.2.69.1\n');
    utimesSync(path, 1000, 1000);
    const first = await setOf('vpn');
    const again = await setOf('vpn', true);
    expect(again.set).toBe(first.set);
    expect([first.source.starter, again.source.starter]).toEqual([false, true]);
    expect((await setOf('tor')).set).not.toBe(first.set);
    writeFileSync(path, '81.2.69.2\n');
    utimesSync(path, 2000, 2000);
    const changed = await setOf('vpn');
    expect(changed.set).not.toBe(first.set);
    expect(changed.builtAt).toBe(2_000_000);
  });

  test('a file damaged at the start leaves its facts unknown until a sound one is there', async () => {
    const path = join(folder, 'country.mmdb');
    writeFileSync(path, 'not a database');
    const { data, failures } = await open(dataSetSources(config([path])));
    expect(await failures()).toBe(1);
    expect(data.lookup(ip('81.2.69.160')).country).toBeNull();
    copyFileSync(maxmind('GeoLite2-Country-Test'), path);
    expect(await data.reload()).toBe(1);
    expect(data.lookup(ip('81.2.69.160')).country).toBe('GB');
  });

  test('a look-up that throws is unknown and counted', async () => {
    const bytes = Buffer.from(readFileSync(maxmind('GeoLite2-Country-Test')));
    // Every record pointer of the tree's second half is turned into nonsense.
    bytes.fill(0xfe, 4000, 9000);
    const path = join(folder, 'broken.mmdb');
    writeFileSync(path, bytes);
    const { data } = await open(dataSetSources(config([path, maxmind('GeoLite2-ASN-Test')])));
    for (let n = 0; n < 256; n++) data.lookup(ip(`${n}.2.69.160`));
    expect(data.lookup(ip('1.128.0.1')).asn).toBe(1221);
  });
});

describe('status', () => {
  test('names source, licence, age and path of everything in use', async () => {
    const rows = await dataStatus(enricherConfig.parse({}), now);
    const asn = rows.find((row) => row.name === 'asn')!;
    expect(asn).toMatchObject({ built_at: '2026-06-17', age_days: 159, licence: 'CC-BY-4.0', starter: true });
    expect(asn.attribution).toContain('https://db-ip.com');
    expect(asn.warning).toContain('demo only');
    for (const row of rows) expect(row.licence, row.name).not.toBeNull();
  });
  test('a missing file and an old one are warned about', async () => {
    const rows = await dataStatus(
      enricherConfig.parse({
        starter: false,
        data_sets: [join(folder, 'absent.mmdb'), maxmind('GeoLite2-ASN-Test')],
      }),
      now,
    );
    expect(rows[0]!.warning).toContain('absent.mmdb');
    expect(rows[1]!.warning).toMatch(/days old/);
  });
});

test('every shipped set stands in THIRD_PARTY_DATA.md with its licence', () => {
  const page = readFileSync(inPackage('THIRD_PARTY_DATA.md'), 'utf8');
  const sets = JSON.parse(readFileSync(inPackage('data', 'sets.json'), 'utf8')) as {
    name: string;
    path: string;
    url: string;
  }[];
  for (const set of sets) {
    expect(page, set.name).toContain(`data/${set.path}`);
    expect(page, set.name).toContain(set.url);
  }
});
