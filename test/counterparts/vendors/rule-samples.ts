import fc from 'fast-check';
import type { EnrichedRequest, Predicate, Signature } from '../../../lib/contracts/generated.ts';
import { contains, parseIp, parseNetwork } from '../../../lib/ip.ts';
import { productOf } from '../../../lib/signature/user-agent-product.ts';
import type { RequestView } from '../../../services/actuator/rules/condition.ts';
import { readUserAgent } from '../../../services/enricher/client-traits.ts';

/** Requests, as the enricher hands them on and as an edge sees them, and signatures about them. */
export interface Sample {
  readonly event: EnrichedRequest;
  readonly view: RequestView;
  readonly address: string;
}

const userAgents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.150 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.0.0 Safari/537.36 OPR/74.0',
  'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
  'Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0 YaBrowser/21.2 Safari/537.36',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/88.0.1 Safari/537.36',
  'Shop/7.1 (iPhone; iOS 18.1) Chrome/88.0',
  'okhttp/4.12.0',
  'curl/8.5.0',
  'python-requests/2.31.0 "quoted\\" {*}',
];
const paths: readonly (readonly [string, string])[] = [
  ['/stores/12/stock', '/stores/{number}/stock'],
  ['/stores/12/stock/', '/stores/{number}/stock'],
  ['/stores/12;v=1/stock', '/stores/{number}/stock'],
  ['/stores/main/stock', '/stores/main/stock'],
  ['/pay', '/pay'],
  ['/pay/more', '/pay/more'],
  ['/api/v1.2/items', '/api/v1.2/items'],
  ['/api/v1x2/items', '/api/v1x2/items'],
];
const addresses = ['203.0.113.9', '198.51.100.1', '2001:db8:1::9', '2001:db8:2::1'];
const releases = { find: () => null } as never;

const optional = <T>(...values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: null });

export const sample: fc.Arbitrary<Sample> = fc
  .record({
    address: fc.constantFrom(...addresses),
    country: optional('XK', 'DE', 'FR'),
    asn: optional(64500, 64501, 3320),
    ja3: optional('cd08e31494f9531f560d64c695473da9', 'e7d705a3286e19ea42f587b344ee6865'),
    ja4: optional('t13d1516h2_8daaf6152771_02713d6af862', 't13d1517h2_8daaf6152771_b0da82dd1658'),
    method: fc.constantFrom('GET', 'POST'),
    host: fc.constantFrom('shop.example', 'api.shop.example'),
    path: fc.constantFrom(...paths),
    http: fc.constantFrom('1.1', '2', '3'),
    tls: fc.constantFrom('1.2', '1.3'),
    userAgent: optional(...userAgents),
    language: optional('en', 'de-DE,de;q=0.9', 'a"b\\c'),
    referer: optional('https://shop.example/'),
    cookies: optional(1, 3),
  })
  .map((given) => {
    const traits = readUserAgent(given.userAgent ?? '', releases);
    const ip = parseIp(given.address)!;
    const event = {
      request: {
        client_ip: ip,
        ja3: given.ja3,
        ja4: given.ja4,
        method: given.method,
        host: given.host,
        http_version: given.http,
        tls_version: given.tls,
        user_agent: given.userAgent,
        accept_language: given.language,
        referer: given.referer,
        cookie_count: given.cookies ?? 0,
      },
      country: given.country,
      asn: given.asn,
      browser: traits.browser,
      browser_version: traits.version,
      platform: traits.platform,
      endpoint: `${given.method} ${given.path[1]}`,
    } as unknown as EnrichedRequest;
    const said = (text: string | number | null) => (text === null ? {} : { text: String(text) });
    const view = {
      ...field('country', said(given.country)),
      ...field('asn', said(given.asn)),
      ...field('ja3', said(given.ja3)),
      ...field('ja4', said(given.ja4)),
      method: given.method,
      host: given.host,
      path: given.path[0],
      http_version: `HTTP/${given.http}`,
      tls_version: `TLSv${given.tls}`,
      ...field('user_agent', said(given.userAgent)),
      ...field('accept_language', said(given.language)),
      ...field('referer', said(given.referer)),
      ...field('cookie', said(given.cookies === null ? null : 'a=1')),
      inNetwork: (network: string) => contains(parseNetwork(network)!, ip),
    };
    return { event, view, address: given.address };
  });

function field(name: string, said: { readonly text?: string }): object {
  return said.text === undefined ? {} : { [name]: said.text };
}

const choice = (attribute: string, ops: readonly string[], values: readonly string[]) =>
  fc.record({
    attribute: fc.constant(attribute),
    op: fc.constantFrom(...ops),
    values: fc.subarray([...values], { minLength: 1 }),
  });
const sets = ['in', 'not_in', 'present', 'absent'];
const predicate: fc.Arbitrary<Predicate> = fc
  .oneof(
    choice('country', sets, ['XK', 'DE']),
    choice('asn', sets, ['64500', '3320']),
    choice('ja3', sets, ['cd08e31494f9531f560d64c695473da9']),
    choice('ja4', sets, ['t13d1516h2_8daaf6152771_02713d6af862', 't13d1517h2_8daaf6152771_b0da82dd1658']),
    choice('method', ['in', 'not_in'], ['GET']),
    choice('host', ['in', 'not_in'], ['shop.example']),
    choice('endpoint', ['in', 'not_in'], ['GET /stores/{number}/stock', 'POST /pay', 'GET /api/v1.2/items']),
    choice('http_version', ['in', 'not_in'], ['1.1', '2']),
    choice('tls_version', ['in', 'not_in'], ['1.2']),
    choice('user_agent', sets, [userAgents[0]!, userAgents[13]!]),
    choice('product', sets, [productOf(userAgents[0]!)!, productOf(userAgents[13]!)!, 'Shop/4.2']),
    choice('accept_language', sets, ['en', 'a"b\\c']),
    choice('has_referer', ['in', 'not_in'], ['yes', 'no']),
    choice('has_cookie', ['in', 'not_in'], ['yes', 'no']),
    choice('has_accept_language', ['in'], ['yes', 'no']),
    choice('platform', sets, ['windows', 'ios', 'linux']),
    choice('browser', ['in', 'present', 'absent'], ['chrome', 'edge', 'yabrowser', 'ios_safari']),
    choice('client_ip', ['in', 'not_in'], ['203.0.113.9', '2001:db8:1::9']),
    choice('network_24_48', ['in', 'not_in'], ['203.0.113.0/24', '2001:db8:1::/48', '203.0.113.0/25']),
    fc.record({
      attribute: fc.constant('browser_version'),
      op: fc.constantFrom('lte', 'gte', 'in'),
      values: fc.constantFrom(['88'], ['100'], ['131']),
    }),
  )
  .map((made) => (made.op === 'present' || made.op === 'absent' ? { ...made, values: [] } : made));

export const signature: fc.Arbitrary<Signature> = fc
  .uniqueArray(predicate, { minLength: 1, maxLength: 3, selector: ({ attribute }) => attribute })
  .map((predicates) => ({ predicates, except_good: false, good_after: [] }));
