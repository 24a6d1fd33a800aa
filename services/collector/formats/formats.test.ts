import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIp } from '../../../lib/ip.ts';
import { inPackage } from '../../../lib/package-root.ts';
import { formatConfig } from '../config.ts';
import { detectFormat, formats, UnreadableFormatError } from './catalogue.ts';
import { combined } from './combined.ts';
import { common } from './common.ts';
import { json } from './json.ts';

const config = formatConfig.parse({});
const parse = (line: string) => combined.create(config).parse(line);
function value(line: string, format = combined.create(config)) {
  const outcome = format.parse(line);
  if (outcome.kind === 'reject') throw new Error(`${outcome.reason}: ${outcome.detail}`);
  return outcome.value;
}

const line =
  '203.0.113.9 - jane [16/Nov/2026:10:12:04 +0100] "POST /api/login?x=1 HTTP/2.0" 401 512 "https://shop.example/a" "curl/8.5 \\"q\\" \\xC3\\xA9"';

describe('combined', () => {
  test('every field of a line', () => {
    const request = value(line);
    expect(request).toMatchObject({
      timestamp: Date.UTC(2026, 10, 16, 9, 12, 4),
      method: 'POST',
      path: '/api/login',
      query: 'x=1',
      http_version: '2',
      status: 401,
      response_bytes: 512,
      account_id: 'jane',
      referer: 'https://shop.example/a',
      user_agent: 'curl/8.5 "q" é',
      host: null,
    });
    expect(formatIp(request.client_ip)).toBe('203.0.113.9');
  });

  test('dashes are unknown, IPv6 and mapped addresses are read, fields behind the user agent are ignored', () => {
    const request = value(
      '::ffff:203.0.113.9 - - [16/Nov/2026:10:12:04 +0000] "GET http://shop.example/a HTTP/1.1" 000 - "-" "-" "0.003" rt=1',
    );
    expect(request).toMatchObject({
      host: 'shop.example',
      path: '/a',
      status: null,
      response_bytes: null,
      referer: null,
      user_agent: null,
      account_id: null,
    });
    expect(formatIp(request.client_ip)).toBe('203.0.113.9');
    expect(formatIp(value(line.replace('203.0.113.9', '2001:db8::1')).client_ip)).toBe('2001:db8::1');
  });

  test.each([
    ['', /remote_addr/],
    ['gibberish', /remote_addr/],
    [line.replace('203.0.113.9', 'host.example'), /not an IP address/],
    [line.replace('16/Nov/2026', '31/Nov/2026'), /time_local/],
    [line.replace('16/Nov/2026', '16/Nov/1970'), /1990/],
    [line.replace('POST /api/login?x=1 HTTP/2.0', '\\x16\\x03\\x01'), /not an HTTP request line/],
    [line.replace('POST /api/login?x=1 HTTP/2.0', '-'), /not an HTTP request line/],
    [line.replace(' 401 ', ' 4x1 '), /HTTP status/],
    [line.slice(0, -1), /http_user_agent/],
    [line.slice(0, 60), /request/],
  ])('%j is refused', (text, detail) => {
    const outcome = parse(text);
    expect(outcome.kind === 'reject' && outcome.detail).toMatch(detail);
  });

  test('a log_format adds fields', () => {
    const format = combined.create(
      formatConfig.parse({
        log_format:
          '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" rt=$request_time "$http_x_forwarded_for" sid="$cookie_sid" ${ssl_protocol} "$ssl_ja4" $host',
      }),
    );
    expect(
      value(
        `${line} rt=0.012 "192.0.2.1, 10.0.0.1" sid="abc" TLSv1.3 "t13d1516h2_8daaf6152771_b186095e22b6" shop.example`,
        format,
      ),
    ).toMatchObject({
      duration_ms: 12,
      forwarded: ['192.0.2.1', ' 10.0.0.1'],
      session_id: 'abc',
      tls_version: 'TLSv1.3',
      ja4: 't13d1516h2_8daaf6152771_b186095e22b6',
      host: 'shop.example',
    });
    expect(format.parse(line).kind).toBe('reject');
  });

  test('a log_format that cannot be told apart, or lacks what every event needs, is refused at once', () => {
    expect(() => combined.create(formatConfig.parse({ log_format: '$remote_addr$status' }))).toThrow(
      RangeError,
    );
    expect(() => combined.create(formatConfig.parse({ log_format: '$status $request' }))).toThrow(
      /remote_addr/,
    );
  });
});

test('common is combined without its end', () => {
  const text = '203.0.113.9 - - [16/Nov/2026:10:12:04 +0000] "GET / HTTP/1.0" 200 7';
  expect(value(text, common.create(config))).toMatchObject({
    status: 200,
    response_bytes: 7,
    http_version: '1.0',
  });
});

describe('json', () => {
  test('nginx names are known, numbers may be text', () => {
    const request = value(
      '{"time_iso8601":"2026-11-16T10:12:04+01:00","remote_addr":"203.0.113.9","request":"GET /a?b=c HTTP/1.1","status":"200","request_time":"0.25","http_user_agent":"x","body_bytes_sent":"7"}',
      json.create(config),
    );
    expect(request).toMatchObject({
      status: 200,
      duration_ms: 250,
      path: '/a',
      query: 'b=c',
      user_agent: 'x',
    });
  });

  test('a field map names the rest', () => {
    const format = json.create(
      formatConfig.parse({
        fields: {
          client_ip: '$.peer.addr',
          timestamp: '$.t',
          session_id: { cookie: 'sid' },
          account_id: { jwt: 'sub' },
          api_key_id: { header: 'X-Api-Key' },
          duration_ms: { path: '$.took', unit: 'us' },
          host: { constant: 'shop.example' },
        },
      }),
    );
    const token = `Bearer ${['{}', '{"sub":"u-1"}'].map((part) => Buffer.from(part).toString('base64url')).join('.')}.sig`;
    const request = value(
      JSON.stringify({
        t: 1763287924.5,
        peer: { addr: '203.0.113.9' },
        method: 'GET',
        url: '/a',
        took: 1500,
        headers: { Cookie: 'a=1; sid=s-9', Authorization: token, 'x-api-key': ['k-1'] },
      }),
      format,
    );
    expect(request).toMatchObject({
      timestamp: 1763287924500,
      session_id: 's-9',
      account_id: 'u-1',
      api_key_id: 'k-1',
      duration_ms: 2,
      host: 'shop.example',
      cookie_count: 2,
    });
  });

  test.each([
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:db8::12]:4711', '2001:db8::12'],
    ['[2001:db8::12]', '2001:db8::12'],
    ['2001:db8::12', '2001:db8::12'],
    ['[2001:db8::12', null],
    ['[2001:db8::12]4711', null],
    ['203.0.113.9:junk', null],
  ])('the client %s is %s', (client, expected) => {
    const outcome = json
      .create(config)
      .parse(JSON.stringify({ ts: 1763287924, remote_addr: client, method: 'GET', uri: '/' }));
    expect(outcome.kind === 'ok' ? formatIp(outcome.value.client_ip) : outcome.detail).toBe(
      expected ?? 'client_ip: not an IP address',
    );
  });

  test('what is missing is said', () => {
    const outcome = json.create(config).parse('{"a":1}');
    expect(outcome.kind === 'reject' && outcome.detail).toBe(
      'timestamp: missing; method: missing; client_ip: missing',
    );
  });
});

describe('recognition', () => {
  const ndjsonLine =
    '{"timestamp":1763287924500,"client_ip":"203.0.113.9","method":"GET","host":"a","path":"/"}';
  test.each([
    ['combined', [line, 'garbage', line]],
    ['common', ['203.0.113.9 - - [16/Nov/2026:10:12:04 +0000] "GET / HTTP/1.0" 200 7']],
    ['ndjson', [ndjsonLine, ndjsonLine]],
    ['json', ['{"ts":1763287924,"remote_addr":"203.0.113.9","method":"GET","uri":"/"}']],
  ])('%s', (name, lines) => {
    expect(detectFormat(lines, config, 'x.log').name).toBe(name);
  });

  test('an input that nothing reads is refused with what was tried', () => {
    expect(() => detectFormat(['what', 'is', 'this'], config, 'x.log')).toThrow(UnreadableFormatError);
    expect(() => detectFormat(['what'], config, 'x.log')).toThrow(
      /x\.log: no known format(.|\n)*combined: 0 %/,
    );
  });
});

test('no text makes a format throw', () => {
  const all = formats.map((format) => format.create(config));
  const damaged = fc
    .tuple(fc.nat({ max: line.length }), fc.string({ unit: 'binary', maxLength: 20 }), fc.nat({ max: 20 }))
    .map(([at, text, cut]) => line.slice(0, at) + text + line.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' }), fc.json()), (text) => {
      for (const format of all) {
        expect(['ok', 'reject']).toContain(format.parse(text).kind);
        expect(format.directive?.(text) ?? false).toBeTypeOf('boolean');
      }
    }),
  );
});

test('every format stands in the catalogue', () => {
  const files = readdirSync(join(inPackage('services/collector/formats')))
    .filter((file) => !/test|catalogue|access-log|variables|json-preset|syslog-header|^format\.ts/.test(file))
    .map((file) => file.replace('.ts', ''));
  expect(formats.map(({ name }) => name).sort()).toEqual(files.sort());
});
