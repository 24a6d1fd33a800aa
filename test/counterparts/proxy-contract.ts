import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Predicate } from '../../lib/contracts/generated.ts';
import { parseNetwork } from '../../lib/ip.ts';
import { compileSignature } from '../../lib/signature/signature.ts';
import { productOf } from '../../lib/signature/user-agent-product.ts';
import type { Entry } from '../../services/actuator/edge.ts';
import type { BrowserReleases } from '../../services/enricher/browser-releases.ts';
import { readUserAgent } from '../../services/enricher/client-traits.ts';
import {
  address,
  ask,
  decision,
  eventOf,
  is,
  type ProxyFixture,
  rule,
  type Sample,
  statuses,
} from './edge-fixture.ts';

/** What every proxy that Tidegate writes has to do, shown at a real one. */
export interface ProxyContract {
  readonly name: string;
  /** Why it is skipped, or null. */
  readonly missing: string | null;
  start(): Promise<ProxyFixture>;
  /** Whether an answer carries X-Reference-Id. */
  readonly hasReferences?: boolean;
  /** Attributes that the proxy can not see. */
  readonly lacks?: readonly string[];
  /** Rounds of the property tests. */
  readonly rounds?: number;
}

const chrome = (version: number): string =>
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;

/** An enumeration of stock by an outdated browser that visits no page, from a new address each time. */
const sweep = (index: number): Partial<Sample> => ({
  ip: `198.51.${100 + (index % 100)}.${(index * 7) % 250}`,
  path: `/stores/${10_000 + index}/stock?sku=AB-${index}`,
  endpoint: 'GET /stores/{number}/stock',
  userAgent: chrome(61),
  language: null,
});
const honest: readonly Partial<Sample>[] = [
  { ip: '198.51.100.7', path: '/stores/10001/stock', userAgent: chrome(138), cookie: true, language: 'de' },
  { ip: '198.51.100.8', path: '/stores/10001/stock', userAgent: chrome(61), language: 'fr' },
  { ip: '198.51.100.9', path: '/stores', userAgent: chrome(61), language: null },
  { ip: '198.51.100.10', method: 'POST', path: '/stores/10001/stock', userAgent: chrome(61), language: null },
  { ip: '198.51.100.11', path: '/stores/nearby/stock', userAgent: chrome(61), language: null },
  { ip: '198.51.100.12', path: '/stores/10001/stock', userAgent: null, language: null },
];

export function proxyContract(contract: ProxyContract): void {
  const { name, missing, start, rounds = 20, hasReferences = true, lacks = [] } = contract;
  describe.skipIf(missing !== null)(name, () => {
    let proxy: ProxyFixture;
    beforeAll(async () => {
      proxy = await start();
    });
    afterAll(async () => {
      await proxy?.stop();
    });
    const expectStatuses = async (expected: readonly number[], ...samples: Partial<Sample>[]) =>
      expect(await statuses(proxy.port, ...samples)).toEqual(expected);

    test('an address is refused with its reference, the others are served, and removal serves again', async () => {
      await proxy.bring(address('203.0.113.7'), address('2001:db8:7::/48'));
      const refused = await ask(proxy.port, { ip: '203.0.113.7' });
      expect([refused.status, refused.reference]).toEqual([
        403,
        hasReferences ? decision('203.0.113.7') : undefined,
      ]);
      const served = await ask(proxy.port, { ip: '203.0.113.8' });
      expect([served.status, served.reference]).toEqual([200, undefined]);
      await expectStatuses([403, 200], { ip: '2001:db8:7:1::9' }, { ip: '2001:db8:8::9' });
      await proxy.bring();
      await expectStatuses([200, 200], { ip: '203.0.113.7' }, { ip: '2001:db8:7:1::9' });
    });

    test('enumeration stops with no address in any list, and honest requests pass', async () => {
      await proxy.bring(
        rule(
          is('endpoint', 'in', 'GET /stores/{number}/stock'),
          is('has_accept_language', 'in', 'no'),
          is('browser', 'in', 'chrome'),
          is('browser_version', 'lte', '88'),
        ),
      );
      const attack = Array.from({ length: 40 }, (_, index) => sweep(index));
      await expectStatuses(
        attack.map(() => 403),
        ...attack,
      );
      await expectStatuses(
        honest.map(() => 200),
        ...honest,
      );
      // Spellings of the same path.
      await expectStatuses(
        [403, 403, 403],
        { ...sweep(1), path: '/stores//12345/stock/' },
        { ...sweep(1), path: '/stores/12345;x=1/%73tock' },
        { ...sweep(1), path: '/stores/12345/stock?a=/x' },
      );
      await proxy.bring();
      await expectStatuses([200], sweep(1));
    });

    test('versions are compared as numbers, and no agent is no old browser', async () => {
      await proxy.bring(rule(is('browser', 'in', 'chrome'), is('browser_version', 'lte', '88')));
      const agents = [88, 9, 89, 120].map((version) => ({ userAgent: chrome(version) }));
      await expectStatuses([403, 403, 200, 200, 200], ...agents, { userAgent: null });
      await proxy.bring(rule(is('browser_version', 'gte', '100'), is('browser_version', 'lte', '120')));
      await expectStatuses([200, 200, 200, 403], ...agents);
    });

    test('exempt networks pass every rule, whatever it says', async () => {
      proxy.exempt = [parseNetwork('203.0.113.64/26')!];
      await proxy.bring(rule(is('method', 'in', 'GET')));
      await expectStatuses([200, 403], { ip: '203.0.113.65' }, { ip: '203.0.113.1' });
      // A network that is exempt from now on is so without a change of any rule.
      proxy.exempt = [parseNetwork('203.0.113.0/26')!];
      await proxy.bring(rule(is('method', 'in', 'GET')));
      await expectStatuses([403, 200], { ip: '203.0.113.65' }, { ip: '203.0.113.1' });
      proxy.exempt = [];
    });

    test('a restart forgets nothing', async () => {
      const wanted = [address('203.0.113.7'), rule(is('user_agent', 'in', 'evil'))];
      await proxy.bring(...wanted);
      await proxy.restart();
      await expectStatuses(
        [403, 200, 403],
        { ip: '203.0.113.7' },
        { ip: '203.0.113.8' },
        { userAgent: 'evil' },
      );
      await proxy.bring(address('203.0.113.8'));
      await expectStatuses(
        [200, 403, 200],
        { ip: '203.0.113.7' },
        { ip: '203.0.113.8' },
        { userAgent: 'evil' },
      );
    });

    test('browser and platform are what the enricher reads', async () => {
      const traits = agentsOfAllKinds.map((userAgent) => ({
        userAgent,
        ...readUserAgent(userAgent, noReleases),
      }));
      /** Few rules that tell all values apart: those whose number has a one at a place. */
      const telling = (attribute: string, of: (each: (typeof traits)[number]) => string | null) => {
        const values = [...new Set(traits.flatMap((each) => of(each) ?? []))];
        const places = Math.ceil(Math.log2(values.length));
        return Array.from({ length: places }, (_, place) =>
          rule(is(attribute, 'in', ...values.filter((_value, number) => (number >> place) & 1))),
        );
      };
      const wanted = [
        ...telling('browser', (each) => each.browser),
        ...telling('platform', (each) => each.platform),
        ...telling('product', (each) => productOf(each.userAgent)),
        rule(is('browser', 'absent')),
        rule(is('browser_version', 'absent')),
        rule(is('browser_version', 'gte', '118')),
        rule(is('browser_version', 'lte', '23')),
      ];
      for (const each of wanted) {
        await proxy.bring(each);
        const matches = compileSignature(each.target.signature!);
        for (const { userAgent, browser, version, platform } of traits) {
          const event = { ...eventOf({ userAgent }), browser, browser_version: version, platform };
          expect([userAgent, each.value, (await ask(proxy.port, { userAgent })).status]).toEqual([
            userAgent,
            each.value,
            matches(event) ? 403 : 200,
          ]);
        }
      }
      await proxy.bring();
    });

    test('whatever a signature says, the proxy takes it or the edge says that it can not', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(strangePredicate, { minLength: 1, maxLength: 4 }), { maxLength: 6 }),
          async (rules) => {
            const entries = new Map(
              rules.map((predicates) => rule(...predicates)).map((each) => [each.key, each]),
            );
            await proxy.bring(...entries.values());
          },
        ),
        { numRuns: rounds },
      );
    });

    test('it stops exactly the requests that the compiled signature selects', async () => {
      const seen = plainPredicate.filter(({ attribute }) => !lacks.includes(attribute));
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(seen, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
          fc.array(sample, { minLength: 6, maxLength: 6 }),
          async (rules, samples) => {
            const wanted = new Map<string, Entry>(
              rules.map((predicates) => rule(...predicates)).map((each) => [each.key, each]),
            );
            for (const each of wanted.values()) expect(proxy.edge.inexpressible!(each)).toBeNull();
            await proxy.bring(...wanted.values());
            const matches = [...wanted.values()].map((each) => compileSignature(each.target.signature!));
            for (const each of samples) {
              const selected = matches.some((match) => match(eventOf(each)));
              expect([each, (await ask(proxy.port, each)).status]).toEqual([each, selected ? 403 : 200]);
            }
          },
        ),
        { numRuns: rounds },
      );
      await proxy.bring();
    });
  });
}

const strangeText = fc.oneof(
  fc.constantFrom(
    'Mozilla/5.0',
    'de',
    '$host',
    '${host}',
    '"',
    '\\',
    '\\"',
    '{}',
    ';',
    '~x',
    'a b',
    '# c',
    "'",
    '%[src]',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 20 }),
);
export const strangePredicate: fc.Arbitrary<Predicate> = fc.oneof(
  fc.record({
    attribute: fc.constantFrom(
      'user_agent',
      'product',
      'accept_language',
      'method',
      'endpoint',
      'host',
      'tls_version',
      'ja4',
    ),
    op: fc.constantFrom('in', 'not_in'),
    values: fc.array(strangeText, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    attribute: fc.constantFrom('browser_version'),
    op: fc.constantFrom('lte', 'gte'),
    values: fc.tuple(fc.nat(200).map(String)),
  }),
  fc.record({
    attribute: fc.constantFrom('client_ip', 'network_24_48', 'has_cookie', 'has_referer'),
    op: fc.constantFrom('in', 'not_in', 'absent', 'present'),
    values: fc.array(fc.oneof(strangeText, fc.constantFrom('203.0.113.7', '203.0.113.0/24', 'yes', 'no')), {
      maxLength: 3,
    }),
  }),
  fc.record({
    attribute: fc.constantFrom('user_agent', 'product', 'platform', 'endpoint'),
    op: fc.constantFrom('absent', 'present'),
    values: fc.constant([]),
  }),
);

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const agentsOfAllKinds: readonly string[] = [
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/120.0.0.0 Safari/537.36`,
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.61`,
  `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Chrome/9.0.0.0 Safari/537.36`,
  `Mozilla/5.0 (X11; Linux x86_64) ${webkit} HeadlessChrome/131.0.0.0 Safari/537.36`,
  `Mozilla/5.0 (Linux; Android 13; SM-S911B) ${webkit} SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36`,
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/118.0.0.0 Safari/537.36 OPR/104.0.0.0`,
  `Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/118.0.0.0 YaBrowser/23.11.0 Safari/537.36`,
  `Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/118.0.0.0 Whale/3.24 Vivaldi/6.4 Safari/537.36`,
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/119.0.0.0 Safari/537.36',
  'Shop/4.2 (iPhone; iOS 18.1; Scale/3.00)',
  'okhttp/4.12.0',
  'curl/8.5.0',
  'python-requests/2.31',
  'Chrome/999999.1',
  'nonsense',
];

const noReleases = { find: () => ({}) } as unknown as BrowserReleases;

const agents = ['Mozilla/5.0', 'curl/8', 'curl/8 libssl/3', 'a$b"c\\d{e}', 'grün', '~^.*'];
const plainPredicate: fc.Arbitrary<Predicate> = fc.oneof(
  fc.record({
    attribute: fc.constantFrom('user_agent', 'product'),
    op: fc.constantFrom('in', 'not_in'),
    values: fc.subarray(agents, { minLength: 1 }),
  }),
  fc.record({
    attribute: fc.constant('endpoint'),
    op: fc.constantFrom('in', 'not_in'),
    values: fc.subarray(['GET /', 'GET /users/{number}', 'POST /login'], { minLength: 1 }),
  }),
  fc.record({
    attribute: fc.constantFrom('has_accept_language', 'has_referer', 'has_cookie'),
    op: fc.constantFrom('in', 'not_in'),
    values: fc.subarray(['yes', 'no']),
  }),
  fc.record({
    attribute: fc.constantFrom('client_ip', 'network_24_48'),
    op: fc.constantFrom('in', 'not_in'),
    values: fc.subarray(['203.0.113.7', '203.0.113.8', '203.0.113.0/24', '198.51.100.0/24']),
  }),
  fc.record({
    attribute: fc.constantFrom('user_agent', 'accept_language', 'http_version', 'method', 'host'),
    op: fc.constantFrom('absent', 'present'),
    values: fc.constant([]),
  }),
);
const sample: fc.Arbitrary<Partial<Sample>> = fc
  .record({
    ip: fc.constantFrom('203.0.113.7', '203.0.113.9', '198.51.100.1'),
    at: fc.constantFrom(
      ['GET', '/', 'GET /'],
      ['GET', '/users/12345?x=1', 'GET /users/{number}'],
      ['POST', '/login', 'POST /login'],
      ['GET', '/login', 'GET /login'],
    ),
    userAgent: fc.option(fc.constantFrom(...agents)),
    language: fc.option(fc.constant('de')),
    referer: fc.option(fc.constant('https://example.com/')),
    cookie: fc.boolean(),
  })
  .map(({ at, ...rest }) => ({ ...rest, method: at[0]!, path: at[1]!, endpoint: at[2]! }));
