import { describe, expect, test } from 'vitest';
import { formatConfig } from '../config.ts';
import { detectFormat, formats } from './catalogue.ts';

/** Fields that some format reads, or looks at to know its own. */
const names = [
  ...['request', 'headers', 'resp_headers', 'ts', 'timestamp', 'time', 'url', 'uri', 'host', 'path', 'query'],
  ...['client_ip', 'status', 'method', 'user_agent', 'params', 'user_id', 'duration', 'bytes_read', 'cookie'],
  ...['ClientRequestMethod', 'EdgeStartTimestamp', 'SecurityAction', 'FirewallMatchesActions', 'Cookies'],
  ...['RequestHeaders', 'DownstreamStatus', 'RouterName', 'StartUTC', 'response_flags', 'x_forwarded_for'],
  ...['x-edge-location', 'date', 'cs(User-Agent)', 'cs(Cookie)', 'fastly_server', 'time_elapsed'],
];

/** What a field of a log of another shape may hold. */
const values = [
  ...['null', 'true', '7', '-1', '1e400', '""', '"-"', '"x"', '"%"', '[]', '[null]', '[[]]', '["a b c"]'],
  ...['{}', '{"uri":null}', '{"uri":7,"tls":7}', '{"uri":"/","tls":{"version":{}}}', '{"tls":null}'],
  ...['{"toString":1,"valueOf":1}', '{"__proto__":null}', '{"cookie":{"toString":1}}', '{"Set-Cookie":{}}'],
];

const lines = [
  ...['null', '7', '"x"', '[]', '[{}]', '{}', '{', '{"a":', '', ' ', '"', '<134>1 {'],
  ...values.map((value) => `{${names.map((name) => `"${name}":${value}`).join(',')}}`),
  ...names.flatMap((name) => values.map((value) => `{"${name}":${value}}`)),
];

/** A map of fields with which lines of any shape are read, so that what comes after reading runs too. */
const fields = {
  timestamp: { constant: '2026-11-16T10:00:00Z' },
  client_ip: { constant: '203.0.113.9' },
  method: { constant: 'GET' },
  url: { constant: '/a' },
  host: { constant: 'a.example' },
};

describe.each(formats.map((format) => [format.name, format] as const))('%s', (_, definition) => {
  test.each([
    ['as it comes', {}],
    ['with a field map', { fields }],
  ])('answers to JSON of any shape, %s', (_how, config) => {
    const format = definition.create(formatConfig.parse({ format: 'auto', ...config }));
    const thrown = lines.filter((line) => {
      try {
        definition.recognises?.(line);
        format.directive?.(line);
        format.parse(line);
        return false;
      } catch {
        return true;
      }
    });
    expect(thrown).toEqual([]);
  });
});

test('a log that only its field map explains is found to be JSON', () => {
  const line =
    '{"when":"2026-11-16T10:00:00Z","from":"203.0.113.9","verb":"GET","what":"/a","at":"a.example"}';
  const config = formatConfig.parse({
    fields: { timestamp: '$.when', client_ip: '$.from', method: '$.verb', url: '$.what', host: '$.at' },
  });
  expect(detectFormat([line], config, 'my.json').name).toBe('json');
});
