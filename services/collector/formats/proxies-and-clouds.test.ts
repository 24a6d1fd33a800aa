import { describe, expect, test } from 'vitest';
import { formatIp } from '../../../lib/ip.ts';
import { cleanHost } from '../clean-text.ts';
import { formatConfig } from '../config.ts';
import type { FormatName } from '../format-names.ts';
import { createFormat, detectFormat } from './catalogue.ts';

const config = formatConfig.parse({});

/** A line of each, as its vendor's documents describe it. */
const samples: { readonly [name in FormatName]?: readonly string[] } = {
  alb: [
    'h2 2026-11-16T10:12:04.123456Z app/shop/50dc6c495c0c9188 203.0.113.9:46532 10.0.0.66:443 0.001 0.048 0.002 200 200 34 366 "POST https://shop.example:443/api/login?x=1 HTTP/2.0" "curl/8.5 \\"q\\"" TLS_AES_128_GCM_SHA256 TLSv1.3 arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop/73e2d6bc24d8a067 "Root=1-58337281-1d84f3d73c47ec4e58577259" "shop.example" "arn:aws:acm:eu-central-1:123456789012:certificate/1" 1 2026-11-16T10:12:04.070000Z "waf,forward" "-" "-" "10.0.0.66:443" "200" "-" "-" TID_1',
    'https 2026-11-16T10:12:05.123456Z app/shop/50dc6c495c0c9188 [2001:db8::9]:46533 - -1 -1 -1 403 - 34 366 "GET https://shop.example:443/ HTTP/1.1" "-" - - - "-" "-" "-" - 2026-11-16T10:12:05.070000Z "waf" "-" "-" "-" "-" "-" "-" TID_2',
  ],
  cloudfront: [
    '#Version: 1.0',
    '#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version',
    '2026-11-16\t10:12:04\tFRA56-P2\t366\t203.0.113.9\tPOST\td111111abcdef8.cloudfront.net\t/api/login\t200\thttps://shop.example/a\tcurl/8.5%20%22q%22\tx=1\tsid=s-9;%20b=2\tMiss\tSOX4xwn4XV6Q4rgb==\tshop.example\thttps\t34\t0.051\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tMiss\tHTTP/2.0',
  ],
  cloudflare: [
    '{"ClientIP":"203.0.113.9","ClientRequestHost":"shop.example","ClientRequestMethod":"POST","ClientRequestURI":"/api/login?x=1","ClientRequestPath":"/api/login","ClientRequestProtocol":"HTTP/2","ClientRequestBytes":34,"ClientRequestUserAgent":"curl/8.5 \\"q\\"","ClientRequestReferer":"https://shop.example/a","ClientSSLProtocol":"TLSv1.3","EdgeResponseBytes":366,"EdgeResponseStatus":200,"EdgeStartTimestamp":1794823924123000000,"EdgeTimeToFirstByteMs":51,"RayID":"8e3a","JA4":"t13d1516h2_8daaf6152771_b186095e22b6","SecurityAction":"","RequestHeaders":{"accept-language":"de"},"Cookies":{"sid":"s-9","b":"2"}}',
  ],
  fastly: [
    '<134>2026-11-16T10:12:04Z cache-fra1 shop[62959]: {"timestamp":"2026-11-16T10:12:04+0000","client_ip":"203.0.113.9","host":"shop.example","url":"/api/login?x=1","request_method":"POST","request_protocol":"HTTP/2","request_referer":"https://shop.example/a","request_user_agent":"curl/8.5 \\"q\\"","response_state":"MISS","response_status":200,"response_reason":"OK","response_body_size":366,"fastly_server":"cache-fra1","fastly_is_edge":true,"time_elapsed":51000}',
  ],
  envoy: [
    '[2026-11-16T10:12:04.123Z] "POST /api/login?x=1 HTTP/2" 200 - 34 366 51 50 "203.0.113.9" "curl/8.5 "q"" "6f1b" "shop.example" "10.0.0.66:443"',
    '[2026-11-16T10:12:04.123Z] "POST /api/login?x=1 HTTP/2" 429 RL via_upstream - "-" 34 366 51 50 "203.0.113.9" "curl/8.5" "6f1b" "shop.example" "10.0.0.66:443" outbound|80||shop 10.0.0.2:41322 10.0.0.3:80 203.0.113.9:41234 - default',
    '{"authority":"shop.example","bytes_received":34,"bytes_sent":366,"downstream_remote_address":"203.0.113.9:41234","duration":51,"method":"POST","path":"/api/login?x=1","protocol":"HTTP/2","response_code":200,"response_flags":"-","start_time":"2026-11-16T10:12:04.123Z","user_agent":"curl/8.5","x_forwarded_for":"203.0.113.9","request_id":"6f1b","upstream_cluster":"shop"}',
  ],
  caddy: [
    '{"level":"info","ts":1794823924.123,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"10.0.0.1","remote_port":"41342","client_ip":"203.0.113.9","proto":"HTTP/2.0","method":"POST","host":"shop.example","uri":"/api/login?x=1","headers":{"User-Agent":["curl/8.5 \\"q\\""],"Accept-Language":["de"],"Referer":["https://shop.example/a"],"Cookie":["sid=s-9; b=2"]},"tls":{"version":772,"proto":"h2"}},"bytes_read":34,"user_id":"","duration":0.051,"size":366,"status":200,"resp_headers":{"Set-Cookie":["a=1","b=2"]}}',
  ],
  traefik: [
    '203.0.113.9 - - [16/Nov/2026:10:12:04 +0000] "POST /api/login?x=1 HTTP/2.0" 200 366 "https://shop.example/a" "curl/8.5 \\"q\\"" 17 "shop@docker" "http://10.0.0.66:80" 51ms',
    '{"ClientAddr":"203.0.113.9:41234","ClientHost":"203.0.113.9","ClientUsername":"-","DownstreamContentSize":366,"DownstreamStatus":200,"Duration":51000000,"RequestContentSize":34,"RequestHost":"shop.example","RequestMethod":"POST","RequestPath":"/api/login?x=1","RequestProtocol":"HTTP/2.0","RouterName":"shop@docker","StartUTC":"2026-11-16T10:12:04.123456789Z","request_User-Agent":"curl/8.5","level":"info","msg":"","time":"2026-11-16T10:12:04Z"}',
  ],
  haproxy: [
    'Nov 16 10:12:04 lb1 haproxy[14389]: 203.0.113.9:33317 [16/Nov/2026:10:12:04.123] web shop/s1 1/0/2/46/51 200 366 - - ---- 1/1/1/1/0 0/0 {shop.example|curl/8.5} {} "POST /api/login?x=1 HTTP/2.0"',
    '2001:db8::9:33317 [16/Nov/2026:10:12:04.123] web~ shop/<NOSRV> 0/-1/-1/-1/0 403 192 - - PR-- 1/1/0/0/0 0/0 "GET / HTTP/1.1" 0/0000000000000000/0/0/0 shop.example/TLSv1.3/TLS_AES_128_GCM_SHA256',
  ],
};
const names = Object.keys(samples) as FormatName[];
const value = (name: FormatName, line: string, more: object = {}) => {
  const outcome = createFormat(name, formatConfig.parse(more)).parse(line);
  if (outcome.kind === 'reject') throw new Error(`${outcome.reason}: ${outcome.detail}`);
  return outcome.value;
};
const last = (name: FormatName) => samples[name]!.findLast((line) => !line.startsWith('#'))!;

test.each(names)('%s is recognised', (name) => {
  expect(detectFormat(samples[name]!, config, 'x.log').name).toBe(name);
  expect(detectFormat([last(name)], config, 'x.log').name).toBe(name);
});

test.each([
  ['alb', 0],
  ['cloudfront', 2],
  ['cloudflare', 0],
  ['fastly', 0],
  ['envoy', 0],
  ['caddy', 0],
  ['traefik', 0],
  ['haproxy', 0],
] as const)('%s: who asked for what, and what came of it', (name, index) => {
  const request = value(name, samples[name]![index]!, { captured_headers: ['Host', 'User-Agent'] });
  expect(request).toMatchObject({
    method: 'POST',
    path: '/api/login',
    query: 'x=1',
    http_version: '2',
    status: 200,
    response_bytes: 366,
    duration_ms: 51,
    edge_action: null,
  });
  expect(formatIp(request.client_ip)).toBe('203.0.113.9');
  expect(request.user_agent).toMatch(name === 'haproxy' ? /^curl\/8\.5$/ : /^curl\/8\.5 "q"$/);
  expect(request.host).toBe(name === 'traefik' ? null : 'shop.example');
  expect(Math.floor(request.timestamp / 1000)).toBe(Date.UTC(2026, 10, 16, 10, 12, 4) / 1000);
});

describe('what the edge did', () => {
  test('ALB: the answer of AWS WAF, and an IPv6 client', () => {
    const request = value('alb', samples.alb![1]!);
    expect(request).toMatchObject({
      status: 403,
      edge_action: 'block',
      duration_ms: null,
    });
    expect(cleanHost(request.host!)).toBe('shop.example');
    expect(formatIp(request.client_ip)).toBe('2001:db8::9');
    expect(value('alb', samples.alb![1]!.replace(' 403 ', ' 202 ')).edge_action).toBe('challenge');
  });
  test.each([
    ['block', 'block'],
    ['managed_challenge', 'challenge'],
    ['log', null],
    ['toString', null],
  ])('Cloudflare: %s', (action, expected) => {
    const line = last('cloudflare').replace('"SecurityAction":""', `"SecurityAction":"${action}"`);
    expect(value('cloudflare', line).edge_action).toBe(expected);
  });
  test('Envoy: a rate limit, and an answer of the authorization service', () => {
    expect(value('envoy', samples.envoy![1]!).edge_action).toBe('rate_limit');
    expect(value('envoy', samples.envoy![0]!.replace('200 -', '403 UAEX')).edge_action).toBe('block');
  });
  test('HAProxy: a refusal; a bad request is none', () => {
    const refused = samples.haproxy![1]!;
    expect(value('haproxy', refused)).toMatchObject({
      edge_action: 'block',
      host: 'shop.example',
      tls_version: 'TLSv1.3',
    });
    expect(value('haproxy', refused.replace(' 403 ', ' 400 ')).edge_action).toBe(null);
    expect(value('haproxy', refused.replace(' 403 ', ' 429 ')).edge_action).toBe('rate_limit');
    expect(formatIp(value('haproxy', refused).client_ip)).toBe('2001:db8::9');
  });
});

describe('particulars', () => {
  test('CloudFront: each #Fields line says the order of the lines after it, in this file and in no other', () => {
    const [one, other] = [createFormat('cloudfront', config), createFormat('cloudfront', config)];
    expect(samples.cloudfront!.map((line) => one.directive!(line))).toEqual([true, true, false]);
    const shuffled = '203.0.113.9\t2026-11-16\t10:12:04\tGET\t/a';
    expect(one.parse(shuffled).kind).toBe('reject');
    expect(one.directive!('#Fields: c-ip date time cs-method cs-uri-stem')).toBe(true);
    expect(one.parse(shuffled)).toMatchObject({ kind: 'ok', value: { path: '/a', method: 'GET' } });
    expect(one.directive!('#Fields: c-ip date time cs-uri-stem cs-method')).toBe(true);
    expect(one.parse(shuffled.replace('GET\t/a', '/b\tPUT'))).toMatchObject({
      value: { path: '/b', method: 'PUT' },
    });
    expect(other.parse(last('cloudfront')).kind).toBe('ok');
    expect(other.parse(shuffled).kind).toBe('reject');
  });
  test('CloudFront: a file of nothing but directives is recognised', () => {
    expect(detectFormat(samples.cloudfront!.slice(0, 2), config, 'x.log').name).toBe('cloudfront');
  });
  test('CloudFront: cookies and JSON are read', () => {
    expect(value('cloudfront', last('cloudfront'))).toMatchObject({
      cookie_count: 2,
      referer: 'https://shop.example/a',
    });
    const json =
      '{"date":"2026-11-16","time":"10:12:04","x-edge-location":"FRA","c-ip":"203.0.113.9","cs-method":"GET","cs-uri-stem":"/a","cs-uri-query":"-","sc-status":"200"}';
    expect(value('cloudfront', json)).toMatchObject({ status: 200, path: '/a', query: null });
    expect(detectFormat([json], config, 'x.log').name).toBe('cloudfront');
  });
  test('Caddy: cookies counted, set and named, TLS version and language', () => {
    expect(value('caddy', last('caddy'), { fields: { session_id: { cookie: 'sid' } } })).toMatchObject({
      cookie_count: 2,
      set_cookie_count: 2,
      session_id: 's-9',
      tls_version: 'TLSv1.3',
      accept_language: 'de',
    });
  });
  test('Caddy: JSON of another shape, with a field map of ours, is no reason to fail', () => {
    const fields = {
      timestamp: '$.when',
      client_ip: '$.from',
      method: '$.verb',
      url: '$.what',
      host: '$.at',
    };
    for (const line of [
      '{"when":"2026-11-16T10:00:00Z","from":"203.0.113.9","verb":"GET","what":"/a","at":"a.example"}',
      '{"when":"2026-11-16T10:00:00Z","from":"203.0.113.9","verb":"GET","what":"/a","at":"a.example","request":null}',
    ])
      expect(value('caddy', line, { fields })).toMatchObject({ path: '/a', tls_version: null });
  });
  test('Cloudflare: fingerprint, language and cookies where the job sends them', () => {
    expect(value('cloudflare', last('cloudflare'))).toMatchObject({
      ja4: 't13d1516h2_8daaf6152771_b186095e22b6',
      accept_language: 'de',
      cookie_count: 2,
      request_id: '8e3a',
    });
  });
  test('Envoy: of X-Forwarded-For the last is the peer, the others came before it', () => {
    const line = samples.envoy![0]!.replace('"203.0.113.9"', '"198.51.100.7, 10.0.0.1"');
    const request = value('envoy', line);
    expect(formatIp(request.client_ip)).toBe('10.0.0.1');
    expect(request.forwarded).toEqual(['198.51.100.7']);
    const nobody = createFormat('envoy', config).parse(samples.envoy![0]!.replace('"203.0.113.9"', '"-"'));
    expect(nobody.kind === 'reject' && nobody.detail).toMatch(/use_remote_address/);
    expect(value('envoy', samples.envoy![2]!)).toMatchObject({
      forwarded: ['203.0.113.9'],
      host: 'shop.example',
    });
  });
  test('Envoy: a header that holds what stands between two fields is not believed', () => {
    const forged = samples.envoy![0]!.replace('"203.0.113.9"', '"198.51.100.7" "x, 203.0.113.9"');
    const outcome = createFormat('envoy', config).parse(forged);
    expect(outcome.kind === 'reject' && outcome.detail).toMatch(/stands in a header/);
  });
  test('HAProxy: a captured X-Forwarded-For is read as any other', () => {
    const hops = Array.from({ length: 40 }, (_, index) => `198.51.100.${index}`);
    const line = samples.haproxy![0]!.replace('{shop.example|curl/8.5}', `{${hops.join(',')}}`);
    const { forwarded, timestamp } = value('haproxy', line, { captured_headers: ['X-Forwarded-For'] });
    expect(forwarded).toEqual(hops.slice(-32));
    expect(timestamp).toBe(Date.UTC(2026, 10, 16, 10, 12, 4, 123));
  });
  test('HAProxy: without names, captured headers are left alone; a request that is none is refused', () => {
    expect(value('haproxy', samples.haproxy![0]!)).toMatchObject({ host: null, user_agent: null });
    const bad = createFormat('haproxy', config).parse(
      samples.haproxy![0]!.replace('"POST /api/login?x=1 HTTP/2.0"', '"<BADREQ>"'),
    );
    expect(bad.kind === 'reject' && bad.detail).toMatch(/request line/);
  });
  test('Fastly: its default text is the Common Log Format', () => {
    const line =
      '<134>2026-11-16T10:12:04Z cache-fra1 shop[62959]: 203.0.113.9 "-" "-" [16/Nov/2026:10:12:04 +0000] "GET / HTTP/1.0" 200 7';
    expect(createFormat('fastly', config).parse(line).kind).toBe('reject');
    expect(value('fastly', line.replace('"-" "-"', '- -'))).toMatchObject({ status: 200, response_bytes: 7 });
  });
});
