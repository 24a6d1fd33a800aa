import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contains, formatIp, parseIp, parseNetwork } from '../../../lib/ip.ts';
import { inPackage } from '../../../lib/package-root.ts';
import { type AddressFacts, type AddressSummary, emptyFacts, summarise } from '../address-facts.ts';
import type { DataSet, ListClass } from '../provider.ts';
import { providerFor, providerNames, providers } from './catalogue.ts';

const fixture = (...parts: string[]): string => inPackage('test', 'fixtures', 'enrichment', ...parts);

function loadBytes(
  path: string,
  bytes: Buffer,
  listClass: ListClass | null = null,
  format = 'auto',
): DataSet {
  const provider = providerFor(format, path, bytes);
  return provider.load({ path, bytes, modifiedAt: 0, class: listClass, operator: null });
}
const loadText = (path: string, text: string, listClass: ListClass | null = null): DataSet =>
  loadBytes(path, Buffer.from(text), listClass);
const loadFixture = (path: string): DataSet => loadBytes(path, readFileSync(path));

function factsOf(set: DataSet, text: string, facts: AddressFacts = emptyFacts()): AddressFacts {
  const ip = parseIp(text)!;
  set.lookup({ ip, text: formatIp(ip) }, facts);
  return facts;
}
const summaryOf = (set: DataSet, text: string): AddressSummary => summarise(factsOf(set, text));

type Json = { readonly [name: string]: unknown };

/** MaxMind writes IPv4 into IPv6 trees as ::a.b.c.d. */
const mapped = (network: string): string => network.replace(/^::(\d+\.\d+\.\d+\.\d+)\//, '::ffff:$1/');

/** First address of every network in a MaxMind source file, with its record. */
function* maxmindTruth(name: string): Generator<{ text: string; record: Json; network: string }> {
  const entries = JSON.parse(readFileSync(fixture('maxmind', `${name}-Test.json`), 'utf8')) as Json[];
  for (const entry of entries) {
    for (const [network, record] of Object.entries(entry)) {
      const parsed = parseNetwork(mapped(network));
      expect(parsed, network).not.toBeNull();
      yield { text: formatIp(parsed!.address), record: record as Json, network };
    }
  }
}

test('every provider is in the catalogue, under the names that the config knows', () => {
  expect(providers.map((provider) => provider.name)).toEqual([...providerNames]);
  const files = readdirSync(inPackage('services', 'enricher', 'providers'));
  const source = readFileSync(inPackage('services', 'enricher', 'providers', 'catalogue.ts'), 'utf8');
  for (const file of files.filter((name) => !/\.test\.ts$|^catalogue\.ts$/.test(name)))
    expect(source).toContain(`'./${basename(file)}'`);
});

describe('MaxMind files say what their sources say', () => {
  const flags: readonly (readonly [string, keyof AddressFacts])[] = [
    ['is_anonymous_vpn', 'vpn'],
    ['is_public_proxy', 'publicProxy'],
    ['is_residential_proxy', 'residential'],
    ['is_tor_exit_node', 'tor'],
    ['is_hosting_provider', 'hosting'],
  ];
  test.each(['GeoIP2-Anonymous-IP', 'GeoIP-Anonymous-Plus', 'GeoIP2-IP-Risk'])('%s', (name) => {
    const set = loadFixture(fixture('maxmind', `${name}-Test.mmdb`));
    expect(set.kinds).toContain('proxy');
    expect(set.builtAt).toBeGreaterThan(Date.parse('2020-01-01'));
    let compared = 0;
    // Where networks overlap, the one written last stands in the file.
    const truth = [...maxmindTruth(name)];
    const last = (text: string) =>
      truth.findLast((entry) => contains(parseNetwork(mapped(entry.network))!, parseIp(text)!))!.record;
    for (const { text, network } of truth) {
      const facts = factsOf(set, text);
      const record = last(text);
      for (const [field, fact] of flags)
        expect(facts[fact], `${network} ${field}`).toBe(record[field] === true);
      if (record['is_anonymous'] === true) {
        expect(facts.operator, network).toBe(record['provider_name'] ?? null);
        expect(facts.confidence, network).toBe(record['anonymizer_confidence'] ?? record['ip_risk'] ?? null);
      } else expect(facts.confidence, network).toBeNull();
      compared++;
    }
    expect(compared).toBeGreaterThan(5);
  });

  test('GeoIP-Residential-Proxy', () => {
    const set = loadFixture(fixture('maxmind', 'GeoIP-Residential-Proxy-Test.mmdb'));
    for (const { text, record, network } of maxmindTruth('GeoIP-Residential-Proxy')) {
      const summary = summaryOf(set, text);
      expect(summary.proxyKind, network).toBe('residential');
      expect(summary.proxyOperator, network).toBe(record['provider_name'] ?? null);
      expect(summary.proxyConfidence, network).toBe(record['anonymizer_confidence'] ?? null);
    }
    expect(summaryOf(set, '192.0.2.1').proxyKind).toBeNull();
  });

  test('GeoLite2-ASN', () => {
    const set = loadFixture(fixture('maxmind', 'GeoLite2-ASN-Test.mmdb'));
    let compared = 0;
    for (const { text, record } of maxmindTruth('GeoLite2-ASN')) {
      const facts = factsOf(set, text);
      expect(facts.asn).toBe(record['autonomous_system_number']);
      expect(facts.asOrg).toBe(record['autonomous_system_organization'] ?? null);
      compared++;
    }
    expect(compared).toBeGreaterThan(100);
  });

  test('GeoLite2-Country', () => {
    const set = loadFixture(fixture('maxmind', 'GeoLite2-Country-Test.mmdb'));
    let compared = 0;
    for (const { text, record } of maxmindTruth('GeoLite2-Country')) {
      const country = (record['country'] ?? record['registered_country']) as Json | undefined;
      expect(factsOf(set, text).country).toBe(country?.['iso_code'] ?? null);
      compared++;
    }
    expect(compared).toBeGreaterThan(100);
  });

  test('GeoIP2-ISP and GeoIP2-Connection-Type know mobile networks', () => {
    const isp = loadFixture(fixture('maxmind', 'GeoIP2-ISP-Test.mmdb'));
    const connection = loadFixture(fixture('maxmind', 'GeoIP2-Connection-Type-Test.mmdb'));
    for (const { text, record } of maxmindTruth('GeoIP2-Connection-Type'))
      expect(factsOf(connection, text).mobile).toBe(record['connection_type'] === 'Cellular');
    let mobile = 0;
    for (const { text, record } of maxmindTruth('GeoIP2-ISP')) {
      const facts = factsOf(isp, text);
      expect(facts.mobile).toBe(record['mobile_country_code'] !== undefined);
      expect(facts.asn).toBe(record['autonomous_system_number'] ?? null);
      if (facts.mobile) mobile++;
    }
    expect(mobile).toBeGreaterThan(0);
  });

  test('GeoIP2-Enterprise', () => {
    const set = loadFixture(fixture('maxmind', 'GeoIP2-Enterprise-Test.mmdb'));
    for (const { text, record } of maxmindTruth('GeoIP2-Enterprise')) {
      const traits = (record['traits'] ?? {}) as Json;
      expect(factsOf(set, text).asn).toBe(traits['autonomous_system_number'] ?? null);
    }
  });

  test('a database that says nothing we use is refused', () => {
    expect(() => loadFixture(fixture('maxmind', 'GeoIP2-User-Count-Test.mmdb'))).toThrow(/User-Count/);
  });
});

describe('IPinfo files: MMDB, CSV and source agree', () => {
  const samples = [
    'ipinfo_privacy_sample',
    'ipinfo_privacy_extended_sample',
    'privacy_detection_sample',
    'privacy_detection_extended_sample',
  ];
  const yes = (value: unknown): boolean => value === true || value === 'true';
  test.each(samples)('%s', (name) => {
    const mmdb = loadFixture(fixture('ipinfo', `${name}.mmdb`));
    const csv = loadFixture(fixture('ipinfo', `${name}.csv`));
    const lines = readFileSync(fixture('ipinfo', `${name}.json`), 'utf8')
      .trim()
      .split('\n');
    let compared = 0;
    for (const line of lines) {
      const record = JSON.parse(line) as Json;
      const text = String(record['network'] ?? record['start_ip']).replace(/\/.*$/, '');
      for (const set of [mmdb, csv]) {
        const facts = factsOf(set, text);
        expect(facts.vpn, text).toBe(yes(record['vpn']));
        expect(facts.publicProxy, text).toBe(yes(record['proxy']));
        expect(facts.tor, text).toBe(yes(record['tor']));
        expect(facts.relay, text).toBe(yes(record['relay']));
        expect(facts.hosting, text).toBe(yes(record['hosting']));
        expect(facts.operator, text).toBe((record['service'] ?? record['vpn_name']) || null);
      }
      compared++;
    }
    expect(compared).toBe(100);
  });

  test('residential proxies', () => {
    const sets = ['mmdb', 'csv'].map((ending) =>
      loadFixture(fixture('ipinfo', `ip_residential_proxy_sample.${ending}`)),
    );
    const lines = readFileSync(fixture('ipinfo', 'ip_residential_proxy_sample.json'), 'utf8')
      .trim()
      .split('\n');
    for (const line of lines) {
      const record = JSON.parse(line) as Json;
      for (const set of sets) {
        const summary = summaryOf(set, String(record['ip']));
        expect(summary).toMatchObject({
          networkClass: 'proxy',
          proxyKind: 'residential',
          proxyOperator: record['service'],
          proxyConfidence: Math.min(99, Number(record['percent_days_seen'])),
        });
      }
    }
  });
});

describe('IP2Proxy CSV by column count', () => {
  const px12 =
    '"16778241","16778241","VPN","AU","Australia","Victoria","Melbourne","WirefreeBroadband Pty Ltd","wirefree.com.au","ISP/MOB","38803","Wirefree","14","-","NordVPN","42"';
  const px2 = '"16778242","16778242","TOR","AU","Australia"';
  const px1 = '"16778243","16778243","AU","Australia"';
  test('PX12', () => {
    const set = loadText('PX12.CSV', px12);
    expect(summaryOf(set, '1.0.4.1')).toMatchObject({
      networkClass: 'vpn',
      proxyKind: 'vpn',
      proxyOperator: 'NordVPN',
      proxyConfidence: 42,
    });
    expect(summaryOf(set, '1.0.4.2').networkClass).toBe('unknown');
  });
  test('PX2 and PX1', () => {
    expect(summaryOf(loadText('PX2.CSV', px2), '1.0.4.2').proxyKind).toBe('tor');
    expect(summaryOf(loadText('PX1.CSV', px1), '1.0.4.3').proxyKind).toBe('public');
  });
  test.each([
    ['RES', 'residential'],
    ['PUB', 'public'],
    ['WEB', 'public'],
    ['CPN', 'vpn'],
    ['DCH', null],
    ['SES', null],
  ])('%s is %s', (type, kind) => {
    const set = loadText('PX2.CSV', px2.replace('TOR', type));
    expect(summaryOf(set, '1.0.4.2').proxyKind).toBe(kind);
  });
});

describe('lists', () => {
  test('netset: comments, single addresses, IPv6, a few bad lines', () => {
    const set = loadText(
      'x.netset',
      '# title\n1.0.4.0/24 ; note\n\n81.2.69.7\r\n2001:200::/32\nnonsense\n',
      'tor',
    );
    expect(set).toMatchObject({ entries: 3, skipped: 1, kinds: ['proxy'] });
    expect(summaryOf(set, '81.2.69.7').networkClass).toBe('tor');
    expect(summaryOf(set, '81.2.69.8').networkClass).toBe('unknown');
    expect(summaryOf(set, '2001:200:5::1').networkClass).toBe('tor');
  });
  test('Tor exits', () => {
    const set = loadBytes('tor.lst', readFileSync(fixture('tor', 'tor-exit-nodes.lst')), 'tor');
    expect(set.entries).toBe(1746);
    expect(summaryOf(set, '101.99.92.182').proxyKind).toBe('tor');
  });
  test('a list without class, an empty and a wholly wrong one are refused', () => {
    expect(() => loadText('x.txt', '192.0.2.0/24')).toThrow(/class/);
    expect(() => loadText('x.txt', '# nothing', 'vpn')).toThrow(/no public network/);
    expect(() => loadText('x.txt', '<html>\n<body>\n81.2.69.1\n', 'vpn')).toThrow(/half/);
  });
  test.each([
    ['AS9009 # M247, GB\nAS20448 # VPNtranet', 'x4b'],
    ['ASN,Organization\n9009,M247\n20448,Peace', 'oxl'],
    ['ASN,Entity\n9009,"INULOGIC SARL, FR"\n20448, "RootLayer, NL"', 'badasn'],
  ])('ASN lists %#', (text, name) => {
    const set = loadText(`${name}.txt`, text, 'vpn');
    expect(set).toMatchObject({ entries: 2, skipped: 0, kinds: ['asn_class'] });
    const facts = { ...emptyFacts(), asn: 20448 };
    expect(summarise(factsOf(set, '192.0.2.1', facts))).toMatchObject({
      networkClass: 'vpn',
      proxyKind: null,
    });
    expect(factsOf(set, '192.0.2.1').asnClass).toBeNull();
  });
  test('ASN CSV, dotted and decimal, with countries too', () => {
    for (const first of ['1.0.0.0,1.0.0.255', '16777216,16777471']) {
      const asn = loadText(
        'asn.csv',
        `${first},13335,"Cloudflare, Inc."\n2001:200::,2001:200::ffff,2500,WIDE\n`,
      );
      expect(factsOf(asn, '1.0.0.77')).toMatchObject({ asn: 13335, asOrg: 'Cloudflare, Inc.' });
      expect(factsOf(asn, '2001:200::1').asn).toBe(2500);
      expect(factsOf(loadText('c.csv', `${first},AU\n`), '1.0.0.77').country).toBe('AU');
    }
  });
  test('Spamhaus DROP and ASN-DROP, the last line is metadata', () => {
    const meta = '{"type":"metadata","timestamp":1700000000,"copyright":"x"}';
    const drop = loadText(
      'drop_v4.json',
      `{"cidr":"81.2.69.0/24","sblid":"SBL1","rir":"ripencc"}\n${meta}\n`,
    );
    expect(drop).toMatchObject({ entries: 1, skipped: 0, builtAt: 1_700_000_000_000 });
    expect(summaryOf(drop, '81.2.69.9')).toMatchObject({ networkClass: 'hosting', proxyKind: 'hosting' });
    const asn = loadText('asndrop.json', `{"asn":64500,"rir":"ripencc","cc":"XX"}\n${meta}\n`);
    expect(factsOf(asn, '192.0.2.9', { ...emptyFacts(), asn: 64500 }).listed).toBe(true);
  });
});

describe('damaged files', () => {
  const names = ['GeoLite2-Country-Test.mmdb', 'GeoIP-Anonymous-Plus-Test.mmdb'];
  test.each(names)('%s: any damage is refused or looked up without a crash of the process', (name) => {
    const bytes = readFileSync(fixture('maxmind', name));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), {
          minLength: 1,
          maxLength: 40,
        }),
        fc.nat({ max: bytes.length }),
        fc.boolean(),
        (changes, length, cut) => {
          const damaged = Buffer.from(cut ? bytes.subarray(0, length) : bytes);
          for (const [at, byte] of changes) if (at < damaged.length) damaged[at] = byte;
          try {
            const set = loadBytes(name, damaged);
            for (const text of ['1.2.0.1', '81.2.69.160', '2a02:cf40::1']) summarise(factsOf(set, text));
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
  test('packed tables: any damage is an Error', () => {
    const header = Buffer.from(
      JSON.stringify({
        kind: 'country',
        built_at: '2026-06-17T00:00:00Z',
        labels: ['AU', 'CN'],
        v4: 3,
        v6: 1,
      }),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(header.length);
    const body = Buffer.from([0x80, 0x80, 0x80, 0x08, 1, 0x80, 0x02, 2, 0x80, 0x02, 0, 5, 1]);
    const bytes = Buffer.concat([Buffer.from('TGR1'), length, header, body]);
    const set = loadBytes('c.tgr', bytes);
    expect(factsOf(set, '1.0.0.9').country).toBe('AU');
    expect(factsOf(set, '1.0.1.9').country).toBe('CN');
    expect(factsOf(set, '1.0.2.9').country).toBeNull();
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), fc.boolean(), (at, byte, cut) => {
        const damaged = Buffer.from(cut ? bytes.subarray(0, at) : bytes);
        if (!cut) damaged[at] = byte;
        try {
          summarise(factsOf(loadBytes('c.tgr', damaged, 'vpn'), '1.0.0.9'));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
  test('text formats: any text is refused or loaded', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '"1","2","VPN","A","B"',
        '1.0.0.0,1.0.0.255,1,x',
        '{"cidr":"1.2.3.0/24"}',
        '"',
        'AS1 #',
        '1.2.3.4',
      ),
    );
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom(...providerNames), (lines, format) => {
        try {
          const set = loadBytes('x', Buffer.from(lines.join('\n')), 'vpn', format);
          summarise(factsOf(set, '1.2.3.4'));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('every shipped fixture folder carries its licence', () => {
  for (const [folder, licence] of [
    ['maxmind', 'LICENSE-APACHE'],
    ['ipinfo', 'LICENSE.md'],
    ['tor', 'License.md'],
  ] as const)
    expect(readFileSync(join(fixture(folder), licence), 'utf8').length).toBeGreaterThan(500);
});
