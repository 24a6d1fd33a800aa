import fc from 'fast-check';
import type { TrafficEvent } from './traffic.ts';

/** One line of input, without its newline, and what is to become of it. */
export interface BadLine {
  readonly name: string;
  readonly bytes: Buffer;
  /** `either`: whatever is right, as long as it is counted. */
  readonly expected: 'accepted' | 'refused' | 'either';
}

const line = (name: string, expected: BadLine['expected'], value: unknown): BadLine => ({
  name,
  expected,
  bytes: Buffer.isBuffer(value)
    ? value
    : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

export function goodEvent(timestamp: number, n = 0): TrafficEvent {
  return {
    timestamp,
    client_ip: `198.51.100.${1 + (n % 200)}`,
    method: 'GET',
    host: 'www.shop.example',
    path: `/p/${1000 + n}`,
    status: 200,
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:160.0) Gecko/20100101 Firefox/160.0',
  };
}

/** Inputs that have broken log pipelines before. `now` in epoch ms is the time of what is good about them. */
export function hostileLines(now: number): readonly BadLine[] {
  const good = goodEvent(now);
  const text = JSON.stringify(good);
  return [
    line('not JSON', 'refused', 'GET / HTTP/1.1'),
    line('cut off', 'refused', text.slice(0, -20)),
    line('two objects', 'refused', text + text),
    line('a string', 'refused', '"hello"'),
    line('a number', 'refused', '42'),
    line('null', 'refused', 'null'),
    line('an array in a line', 'refused', [good]),
    line('an empty object', 'refused', '{}'),
    line(
      'invalid UTF-8 in a name',
      'refused',
      Buffer.concat([Buffer.from('{"ti'), Buffer.from([0xff, 0xfe]), Buffer.from(text.slice(4))]),
    ),
    line(
      'invalid UTF-8 in a value',
      'either',
      Buffer.from(text.replace('Firefox', 'Fire\u0001fox'), 'latin1').map((byte) =>
        byte === 1 ? 0xc3 : byte,
      ),
    ),
    line(
      'overlong UTF-8',
      'either',
      Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    ),
    line('NUL bytes', 'refused', Buffer.alloc(300)),
    line('lone surrogates', 'either', text.replace('Firefox', '\\ud800\\udfff\\ud800')),
    line('1 MB in one line', 'refused', { ...good, user_agent: 'A'.repeat(1_000_000) }),
    line('1 MB that is not JSON', 'refused', 'x'.repeat(1_000_000)),
    line(
      'deep nesting',
      'either',
      `{"params":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)},${text.slice(1)}`,
    ),
    line('many names', 'either', {
      ...good,
      params: Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`p${n}`, n])),
    }),
    line('__proto__', 'either', text.replace('{', '{"__proto__":{"status":"polluted","admin":true},')),
    line(
      'constructor.prototype',
      'either',
      text.replace('{', '{"constructor":{"prototype":{"polluted":true}},'),
    ),
    line(
      '__proto__ among the parameters',
      'either',
      text.replace('{', '{"params":{"__proto__":"1","constructor":"2","hasOwnProperty":"3"},'),
    ),
    line(
      '__proto__ among the headers',
      'either',
      text.replace('{', '{"headers":{"__proto__":{"x":1},"toString":"2"},'),
    ),
    line('a time in words', 'refused', { ...good, timestamp: 'yesterday' }),
    line('a time that is an object', 'refused', { ...good, timestamp: { $date: now } }),
    line('a time that is null', 'refused', { ...good, timestamp: null }),
    line('seconds for milliseconds', 'refused', { ...good, timestamp: Math.floor(now / 1000) }),
    line('1970', 'refused', { ...good, timestamp: 0 }),
    line('1970 as text', 'refused', { ...good, timestamp: '1970-01-01T00:00:00Z' }),
    line('2100', 'refused', { ...good, timestamp: Date.UTC(2100, 0, 1) }),
    line('2100 as text', 'refused', { ...good, timestamp: '2100-01-01T00:00:00Z' }),
    line('a time beyond all numbers', 'refused', text.replace(String(now), '1e400')),
    line('an address in words', 'refused', { ...good, client_ip: 'localhost' }),
    line('an address with a port', 'either', { ...good, client_ip: '198.51.100.7:443' }),
    line('an address out of range', 'refused', { ...good, client_ip: '198.51.100.256' }),
    line('an address that is a number', 'refused', { ...good, client_ip: 3325256711 }),
    line('an IPv4-mapped address', 'accepted', { ...good, client_ip: '::ffff:198.51.100.7' }),
    line('an IPv4-mapped address in hex', 'accepted', { ...good, client_ip: '::FFFF:C633:6407' }),
    line('an IPv6 address', 'accepted', { ...good, client_ip: '2001:DB8:0:0::7' }),
    line('a status in words', 'refused', { ...good, status: 'OK' }),
    line('a status that is a list', 'refused', { ...good, status: [200] }),
    line('a method with spaces', 'refused', { ...good, method: 'GET / HTTP/1.1\r\nX: y' }),
    line('a path that is a number', 'refused', { ...good, path: 7 }),
    line('bytes below zero', 'refused', { ...good, response_bytes: -1 }),
    line('text for bytes', 'refused', { ...good, response_bytes: 'many' }),
    line('an unknown outcome', 'refused', { ...good, outcome: 'maybe' }),
    line('SQL and shell in every text', 'accepted', {
      ...good,
      path: "/'; DROP TABLE requests; --",
      user_agent: '$(reboot)`id`\u0000{{7*7}}',
      referer: 'javascript:alert(1)',
    }),
    line('unknown fields', 'accepted', { ...good, surprise: { deep: [1, 2, { x: null }] }, 'odd name\n': 1 }),
    line('a path of 60 kB', 'either', { ...good, path: `/${'a/'.repeat(30_000)}` }),
  ];
}

/** Good lines with random damage: bytes changed, cut out, put in. The same seed gives the same lines. */
export function fuzzedLines(now: number, count: number, seed: number): readonly BadLine[] {
  const original = Buffer.from(
    JSON.stringify({ ...goodEvent(now), params: { zip: '10115' }, headers: { accept: '*/*' } }),
  );
  const damage = fc.record({
    at: fc.nat(original.length - 1),
    length: fc.nat(12),
    bytes: fc.uint8Array({ maxLength: 12 }),
  });
  const damaged = fc.array(damage, { minLength: 1, maxLength: 4 }).map((list) => {
    let bytes = original;
    for (const { at, length, bytes: replacement } of list)
      bytes = Buffer.concat([bytes.subarray(0, at), replacement, bytes.subarray(at + length)]);
    // A newline would make two lines of it, and an empty line is none: neither could be counted here.
    const oneLine = Buffer.from(bytes.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)));
    return oneLine.toString('latin1').trim() === '' ? Buffer.from('{') : oneLine;
  });
  return fc
    .sample(damaged, { numRuns: count, seed })
    .map((bytes, index) => ({ name: `fuzzed ${index}`, bytes, expected: 'either' as const }));
}
