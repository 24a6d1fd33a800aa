import { describe, expect, test } from 'vitest';
import { conditionProblems } from './condition.ts';
import { problemsOf } from './problems.test-fixture.ts';

const good = `title: T
id: 0c0b6a1e-52a1-4f0e-9d0a-7b6d0e6a2f11
status: test
level: high
description: d
requires: [status, outcome|status, param.sku]
features:
  misses: {type: ratio, of: missing, group-by: [endpoint], timespan: 10s}
condition: 'misses > 2 * normal(misses).p50'
action: {kind: block, ttl: 1h, escalate: [1h, 4h]}
tests:
  - name: t
    input: {generate: calm-day, add: [{from: 1m, until: 2m, per_second: 1, request: {path: /a}}]}
    expect: {campaigns: 0}
`;

test('what is sound passes', () => {
  expect(problemsOf(good)).toEqual([]);
});

test.each([
  [
    'a field that no input has',
    'status, outcome',
    'statuss, outcome',
    /^p\.yaml:6:12: requires\.0: no field is called "statuss" \(did you mean "status"\?\): use timestamp, .* or param\.NAME$/,
  ],
  [
    'one of several',
    'outcome|status',
    'outcome|param.',
    /^p\.yaml:6:20: requires\.1: no field is called "param\."/,
  ],
  [
    'stopping shorter each time',
    '[1h, 4h]',
    '[4h, 1h]',
    /^p\.yaml:10:47: action\.escalate\.1: 1h is shorter than the 4h before/,
  ],
  [
    'shorter than at first',
    '[1h, 4h]',
    '[30m]',
    /^p\.yaml:10:43: action\.escalate\.0: 30m is shorter than the 1h before/,
  ],
  [
    'traffic that ends before it begins',
    'until: 2m',
    'until: 1m',
    /^p\.yaml:13:\d+: tests\.0\.input\.add\.0\.until: is not after from$/,
  ],
])('%s', (_, from, to, message) => {
  const problems = problemsOf(good.replace(from, to));
  expect(problems).toEqual([expect.stringMatching(message)]);
});

describe('types in conditions', () => {
  const features = new Map([
    ['codes', false],
    ['misses', true],
  ]);
  const inMatch = (text: string) => conditionProblems(text, { features: new Map(), in: 'match' });
  const inGroups = (text: string) => conditionProblems(text, { features, in: 'groups' });

  test.each([
    ['endpoint.template', 0, 'is a text, where a yes or no is needed'],
    ['endpoint.write && endpoint.method', 18, 'is a text, where a yes or no is needed'],
    ['!endpoint.template', 1, 'is a text, where a yes or no is needed'],
    ['endpoint.write == "true"', 18, 'is a text, held against a yes or no'],
    ['"login"', 0, 'is a text, where a yes or no is needed'],
  ])('match: %s', (text, at, message) => {
    expect(inMatch(text)).toEqual([{ at, message }]);
  });

  test.each([
    ['codes >= "30"', 9, 'is a text, held against a number'],
    ['"30" <= codes', 8, 'is a number, held against a text'],
    ['codes', 0, 'is a number, where a yes or no is needed'],
    ['codes > 1 || misses', 13, 'is a number, where a yes or no is needed'],
    ['codes > 1 + "2"', 12, 'is a text, together with a number'],
    ['normal(codes).rung == 1', 22, 'is a number, held against a text'],
    ['excess(misses) > "1"', 17, 'is a text, held against a number'],
    ['(misses > 0.5) > 1', 17, 'is a number, held against a yes or no'],
  ])('condition: %s', (text, at, message) => {
    expect(inGroups(text)).toEqual([{ at, message }]);
  });

  test.each([
    'endpoint.template.startsWith("/vouchers/")',
    'endpoint.documented == null || endpoint.documented',
    'endpoint.function in ["login", "payment"]',
    'size(endpoint.template) > 10',
    'endpoint.template == endpoint.method + "x"',
    'true',
    'endpoint.write ? endpoint.method == "PUT" : false',
  ])('match may be %s', (text) => {
    expect(inMatch(text)).toEqual([]);
  });

  test.each([
    'codes >= 30 && misses > 2 * normal(misses).p50',
    'siblings < 1.5 && analogues.known > 0 && -codes < -1.5',
    'codes > (endpoint.write ? 3 : 4.5)',
    'double(codes) / 3 > 1 && normal(codes).rung != "floor"',
  ])('condition may be %s', (text) => {
    expect(inGroups(text)).toEqual([]);
  });
});
