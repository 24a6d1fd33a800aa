import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EnrichedRequest, Predicate } from '../../../lib/contracts/generated.ts';
import { parseIp } from '../../../lib/ip.ts';
import { compileSignature } from '../../../lib/signature/signature.ts';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import { findNginx, testNginxConfig } from '../../../test/counterparts/nginx.ts';
import {
  type NginxFixture,
  rule,
  type Sample,
  startNginxFixture,
} from '../../../test/counterparts/nginx-edge.ts';
import { renderNginxConfig, renderRule } from './nginx-config.ts';

const eventOf = (sample: Sample): EnrichedRequest =>
  ({
    request: {
      client_ip: parseIp(sample.ip),
      method: sample.method,
      user_agent: sample.userAgent,
      accept_language: sample.language,
      referer: sample.referer,
      cookie_count: sample.cookie ? 1 : 0,
      http_version: '1.1',
    },
    endpoint: sample.endpoint,
  }) as unknown as EnrichedRequest;

const missing = requireCounterpart('nginx', findNginx());

describe.skipIf(missing !== null)('signatures at nginx', () => {
  let nginx: NginxFixture;

  beforeAll(async () => {
    nginx = await startNginxFixture();
  });
  afterAll(async () => {
    await nginx?.stop();
  });

  const text = fc.oneof(
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
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ maxLength: 20 }),
  );
  const predicate: fc.Arbitrary<Predicate> = fc.oneof(
    fc.record({
      attribute: fc.constantFrom(
        'user_agent',
        'accept_language',
        'method',
        'endpoint',
        'host',
        'tls_version',
        'ja4',
      ),
      op: fc.constantFrom('in', 'not_in'),
      values: fc.array(text, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      attribute: fc.constantFrom('browser_version'),
      op: fc.constantFrom('lte', 'gte'),
      values: fc.tuple(fc.nat(200).map(String)),
    }),
    fc.record({
      attribute: fc.constantFrom('client_ip', 'network_24_48', 'has_cookie', 'has_referer'),
      op: fc.constantFrom('in', 'not_in', 'absent', 'present'),
      values: fc.array(fc.oneof(text, fc.constantFrom('203.0.113.7', '203.0.113.0/24', 'yes', 'no')), {
        maxLength: 3,
      }),
    }),
    fc.record({
      attribute: fc.constantFrom('user_agent', 'platform', 'endpoint'),
      op: fc.constantFrom('absent', 'present'),
      values: fc.constant([]),
    }),
  );

  test('whatever a signature says, real nginx accepts the file', () => {
    const work = mkdtempSync(join(tmpdir(), 'tidegate-nginx-t-'));
    const include = join(work, 'tidegate.conf');
    const variables = { named: { ja4: '$http_x_ja4' } };
    fc.assert(
      fc.property(
        fc.array(fc.array(predicate, { minLength: 1, maxLength: 4 }), { maxLength: 6 }),
        (rules) => {
          const entries = rules.map((predicates) => rule(...predicates));
          writeFileSync(include, renderNginxConfig('edge', entries, [], variables));
          const server = 'if ($tidegate_block) { return 403; }';
          expect(testNginxConfig({ dir: work, http: `include ${include};`, server })).toBeNull();
        },
      ),
      { numRuns: 60 },
    );
    rmSync(work, { recursive: true, force: true });
  });

  test('nginx stops exactly the requests that the compiled signature selects', async () => {
    const agents = ['Mozilla/5.0', 'curl/8', 'a$b"c\\d{e}', 'grün', '~^.*'];
    const samplePredicate = fc.oneof(
      fc.record({
        attribute: fc.constant('user_agent'),
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
        attribute: fc.constantFrom('user_agent', 'accept_language', 'http_version', 'method'),
        op: fc.constantFrom('absent', 'present'),
        values: fc.constant([]),
      }),
    );
    const sample: fc.Arbitrary<Sample> = fc
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
    await fc.assert(
      fc.asyncProperty(
        fc.array(samplePredicate, { minLength: 1, maxLength: 3 }),
        fc.array(sample, { minLength: 8, maxLength: 8 }),
        async (predicates, samples) => {
          const wanted = rule(...predicates);
          expect(renderRule(wanted, 'r0', { named: {} })).not.toHaveProperty('inexpressible');
          await nginx.bring(wanted);
          const matches = compileSignature(wanted.target.signature!);
          for (const each of samples)
            expect([each, await nginx.status(each)]).toEqual([each, matches(eventOf(each)) ? 403 : 200]);
        },
      ),
      { numRuns: 25 },
    );
  });
});
