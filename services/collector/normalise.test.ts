import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIp } from '../../lib/ip.ts';
import { normalise } from './normalise.ts';

const valid = {
  timestamp: '2026-11-16T10:12:04Z',
  client_ip: '203.0.113.9',
  method: 'GET',
  host: 'shop.example',
  path: '/a?b=c',
};

function read(change: object) {
  const outcome = normalise({ ...valid, ...change });
  if (outcome.kind === 'reject') throw new Error(outcome.detail);
  return outcome.value;
}

function problem(change: object): string {
  const outcome = normalise({ ...valid, ...change });
  return outcome.kind === 'reject' ? `${outcome.reason}: ${outcome.detail}` : 'accepted';
}

test('the least an event needs', () => {
  expect(read({})).toMatchObject({ timestamp: Date.UTC(2026, 10, 16, 10, 12, 4), path: '/a', query: 'b=c' });
});

test('null is unknown, also where the type is wrong otherwise', () => {
  expect(read({ status: null, user_agent: null, params: null }).status).toBeNull();
});

test('an address in IPv6 clothes is the IPv4 address', () => {
  expect(formatIp(read({ client_ip: '::ffff:203.0.113.9' }).client_ip)).toBe('203.0.113.9');
});

test('all problems at once', () => {
  expect(problem({ client_ip: 7, method: 'G T', status: '200', host: undefined })).toBe(
    'invalid: client_ip: not an IP address; method: not an HTTP method; host: must be a string, is a undefined; status: must be an HTTP status (100 to 999)',
  );
  const outcome = normalise({});
  expect(outcome.kind === 'reject' && outcome.detail.split('; ')).toHaveLength(5);
});

test.each([
  [{ timestamp: 0 }, /timestamp/],
  [{ timestamp: 1_763_288_000 }, /seconds\?/],
  [{ timestamp: '2026-11-16T10:12:04' }, /timestamp/],
  [{ timestamp: Number.POSITIVE_INFINITY }, /timestamp/],
  [{ timestamp: 1e300 }, /timestamp/],
  [{ response_bytes: -1 }, /response_bytes/],
  [{ response_bytes: 1.5 }, /response_bytes/],
  [{ duration_ms: 'fast' }, /duration_ms/],
  [{ outcome: 'ok' }, /outcome/],
  [{ edge_action: 'drop' }, /edge_action/],
  [{ params: [] }, /params/],
  [{ headers: { a: 1 } }, /headers/],
  [{ sample_rate: 0 }, /sample_rate/],
  [{ site: '../x' }, /site/],
  [{ event_id: 'a b' }, /event_id/],
  [{ session_id: 12 }, /session_id/],
])('%j is refused', (change, message) => {
  expect(problem(change)).toMatch(message);
});

describe('prototype keys', () => {
  test.each(['__proto__', 'constructor', 'prototype', 'toString'])('%s is an unknown field', (name) => {
    const input: unknown = JSON.parse(JSON.stringify(valid).replace('{', `{"${name}":{"polluted":1},`));
    const outcome = normalise(input);
    expect(outcome.kind === 'ok' && outcome.value.unknown).toEqual([[name, { polluted: 1 }]]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('in params and headers they are names like any other', () => {
    const input: unknown = JSON.parse(
      JSON.stringify(valid).replace('{', '{"params":{"__proto__":"x"},"headers":{"__proto__":"y"},'),
    );
    const outcome = normalise(input);
    expect(outcome.kind === 'ok' && outcome.value.params).toEqual([['__proto__', 'x']]);
    expect(outcome.kind === 'ok' && outcome.value.headers).toEqual([['__proto__', 'y']]);
  });

  test('a required field is not found on the prototype', () => {
    expect(normalise(Object.create(valid)).kind).toBe('reject');
  });
});

test('any JSON value has an outcome', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(['ok', 'reject']).toContain(normalise(value).kind);
    }),
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...Object.keys(valid), 'status', 'params'), fc.jsonValue()),
      (value) => {
        expect(['ok', 'reject']).toContain(normalise(value).kind);
      },
    ),
  );
});
