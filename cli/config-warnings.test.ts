import { describe, expect, it } from 'vitest';
import { checkConfig } from '../lib/config.ts';
import { rootConfig } from './config.ts';
import { configWarnings } from './config-warnings.ts';

const now = Date.parse('2026-11-16T00:00:00Z');
const warnings = (config: object) => configWarnings(rootConfig.parse(config), now);
const problems = (text: string) =>
  checkConfig(rootConfig, { name: 'c', text }, {}).problems.map((problem) => problem.text);

describe('settings that can not both hold', () => {
  it('are errors, at the line of the second', () => {
    expect(
      problems(`sites:
  - { id: shop, hosts: [shop.example, Shop.example] }
  - { id: shop, hosts: [www.example] }
  - { id: bank, hosts: [SHOP.example] }
collector:
  files:
    - { id: a, path: /var/log/a.log }
    - { id: a, path: /var/log/b.log }
    - { id: b, path: /var/log/./a.log }
  privacy:
    keys:
      - { id: 1, secret: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa }
      - { id: 1, secret: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb }
enricher:
  outcomes:
    - { endpoint: POST /login, success: [200, 2xx], failure: [2xx] }
`),
    ).toEqual([
      expect.stringMatching(/^c:3:.*sites\.1\.id: a second site shop/),
      expect.stringMatching(/^c:4:.*sites\.2\.hosts\.0: shop\.example is of site shop already/),
      expect.stringMatching(/^c:8:.*collector\.files\.1\.id: a second source a/),
      expect.stringMatching(/^c:9:.*collector\.files\.2\.path: a second source of/),
      expect.stringMatching(/^c:13:.*collector\.privacy\.keys\.1\.id: a second key 1/),
      expect.stringMatching(/^c:16:.*enricher\.outcomes\.0: one status can not mean both/),
    ]);
  });
});

describe('settings that are valid but surprising', () => {
  it('are none by default', () => expect(warnings({})).toEqual([]));
  it.each<[string, object, RegExp]>([
    ['brokers', { log: { kind: 'memory', brokers: ['k:9092'] } }, /log\.brokers: not used/],
    ['a server', { log: { brokers: ['k:9092'] }, secret: 'x'.repeat(32) }, /clickhouse\.url is not set/],
    ['tls', { log: { tls: { cert_file: '/' } } }, /not used, enabled/],
    ['half a certificate', { log: { tls: { enabled: true, cert_file: '/' } } }, /go together/],
    [
      'a password',
      {
        log: { brokers: ['k:9092'], sasl: { mechanism: 'plain', username: 'a', password: 'b' } },
        clickhouse: { url: 'http://c' },
      },
      /in the clear/,
    ],
    [
      'a site',
      {
        sites: [{ id: 'shop', hosts: ['a'] }],
        actuator: { allow_list: [{ network: '192.0.2.1', site: 'shp', reason: 'x' }] },
      },
      /allow_list\.0\.site: shp is no site/,
    ],
    ['proxies', { collector: { trusted_proxies: ['0.0.0.0/0'] } }, /lets everybody say/],
    ['a kept value', { collector: { privacy: { keep_values: ['password'] } } }, /is dropped/],
    ['a dropped value', { collector: { privacy: { drop_values: ['PIN'] } } }, /PIN drops nothing/],
    ['no source', { collector: { http: { enabled: false } } }, /nothing can come in/],
    [
      'a rule',
      { enricher: { functions: [1, 2].map(() => ({ endpoint: 'POST /a', function: 'login' })) } },
      /functions\.1: never used/,
    ],
    [
      'data twice',
      { enricher: { data_sets: ['/', { path: '/', name: 'a' }] } },
      /data_sets\.1: \/ is there already/,
    ],
    [
      'a name twice',
      { enricher: { data_sets: ['/', '/tmp'].map((path) => ({ path, name: 'a' })) } },
      /a second one named a/,
    ],
    [
      'lateness',
      { collector: { files: [{ id: 'a', path: 'x', lateness: '2h' }] } },
      /files a: with a lateness of 2h/,
    ],
    ['back-off', { actuator: { loop: { backoff_base: '1h' } } }, /1h is longer than backoff_cap, 5m/],
    [
      'the past',
      { actuator: { allow_list: [{ network: '192.0.2.1', reason: 'x', until: '2026-11-15T23:59:59Z' }] } },
      /192\.0\.2\.1 is over since/,
    ],
    [
      'an allowance twice',
      { actuator: { allow_list: [1, 2].map(() => ({ network: '192.0.2.1', reason: 'x' })) } },
      /a second entry of 192\.0\.2\.1/,
    ],
    ['an edge', { actuator: { edges: [{ kind: 'feed', name: 'f', dry_run: false }] } }, /armed/],
    ['tokens', { console: { read_needs_token: true } }, /nobody can read/],
    ['an open port', { collector: { http: { host: '0.0.0.0' } } }, /only this machine may send/],
    ['a port', { ops: { port: 7480 } }, /console\.port: 7480 is ops’s too/],
    ['a file', { detector: { policies: '/nowhere' } }, /\/nowhere is not there/],
  ])('%s', (_, config, text) => expect(warnings(config)).toEqual([expect.stringMatching(text)]));
});
