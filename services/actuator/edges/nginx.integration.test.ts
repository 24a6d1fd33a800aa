import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EnrichedRequest, Predicate, Signature } from '../../../lib/contracts/generated.ts';
import { stableId } from '../../../lib/ids.ts';
import { type Network, parseIp, parseNetwork } from '../../../lib/ip.ts';
import { canonicalSignature, compileSignature } from '../../../lib/signature/signature.ts';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import { until } from '../../../test/counterparts/free-port.ts';
import {
  findNginx,
  type RunningNginx,
  startNginx,
  testNginxConfig,
} from '../../../test/counterparts/nginx.ts';
import { entryOf } from '../desired.ts';
import { type Edge, EdgeError, type Entry } from '../edge.ts';
import { type ReconcileOptions, reconcile } from '../reconcile.ts';
import { createNginxEdge, nginxConfig } from './nginx.ts';
import { renderNginxConfig, renderRule } from './nginx-config.ts';

const missing = requireCounterpart('nginx', findNginx());
const decision = (text: string) => stableId('decision', 'default', text);

function entry(target: Entry['target']): Entry {
  return {
    ...entryOf(target)!,
    target,
    action: 'block',
    decisionId: decision(target.value),
    site: 'default',
    level: 'high',
    reason: 'r',
    requests: 0,
    decidedAt: 0,
    updatedAt: 0,
    expiresAt: 1e15,
  };
}
const address = (value: string) =>
  entry({ kind: value.includes('/') ? 'cidr' : 'ip', value, signature: null });
const rule = (...predicates: Predicate[]): Entry => {
  const signature: Signature = { predicates, except_good: false };
  return entry({ kind: 'signature', value: canonicalSignature(signature), signature });
};
const is = (attribute: string, op: string, ...values: string[]): Predicate => ({ attribute, op, values });

interface Sample {
  readonly ip: string;
  readonly method: string;
  readonly path: string;
  readonly endpoint: string;
  readonly userAgent: string | null;
  readonly language: string | null;
  readonly referer: string | null;
  readonly cookie: boolean;
}
const plain: Sample = {
  ip: '203.0.113.50',
  method: 'GET',
  path: '/',
  endpoint: 'GET /',
  userAgent: 'Mozilla/5.0',
  language: 'de',
  referer: null,
  cookie: false,
};
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

describe.skipIf(missing !== null)('nginx', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-nginx-'));
  const file = join(dir, 'tidegate.conf');
  let nginx: RunningNginx;
  let edge: Edge;
  let exempt: readonly Network[] = [];

  const ask = (sample: Partial<Sample>): Promise<{ status: number; reference: string | undefined }> => {
    const { ip, method, path, userAgent, language, referer, cookie } = { ...plain, ...sample };
    const headers: { [name: string]: string } = { 'x-forwarded-for': ip };
    if (userAgent !== null) headers['user-agent'] = Buffer.from(userAgent, 'utf8').toString('latin1');
    if (language !== null) headers['accept-language'] = language;
    if (referer !== null) headers['referer'] = referer;
    if (cookie) headers['cookie'] = 'sid=1';
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: nginx.port, method, path, headers, agent: false },
        (response) => {
          response.resume();
          const reference = response.headers['x-reference-id'] as string | undefined;
          response.on('end', () => resolve({ status: response.statusCode!, reference }));
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  };
  const status = async (sample: Partial<Sample>) => (await ask(sample)).status;
  const options: ReconcileOptions = {
    adopt: false,
    known: () => true,
    inexpressible: (each) => edge.inexpressible!(each),
    maxUnexplainedShare: 0.2,
  };
  const bring = async (...desired: Entry[]): Promise<void> => {
    const signal = new AbortController().signal;
    const plan = reconcile(desired, await edge.observe(signal), edge.descriptor, options);
    await edge.apply(plan, signal);
    await new Promise((resolve) => setTimeout(resolve, 250)); // the old worker answers for a moment
  };

  beforeAll(async () => {
    writeFileSync(file, '');
    // Starts before the include exists, as a real one does: with an empty rule set.
    writeFileSync(file, renderNginxConfig('edge', [], [], { named: {} }));
    nginx = await startNginx({
      dir,
      http: `  include ${file};`,
      server: `    if ($tidegate_block) { return 403; }
    add_header X-Reference-Id $tidegate_decision always;
    location / { return 200 "ok"; }`,
    });
    const config = nginxConfig.parse({
      kind: 'nginx',
      name: 'edge',
      dry_run: false,
      file,
      test: nginx.testCommand,
      reload: nginx.reloadCommand,
    });
    edge = createNginxEdge(config, {
      name: 'edge',
      armed: true,
      now: Date.now,
      exempt: () => exempt,
      ended: () => [],
    });
  });
  afterAll(async () => {
    await nginx?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test('an address is refused with its reference, the others are served, and removal serves again', async () => {
    await bring(address('203.0.113.7'), address('2001:db8:7::/48'));
    expect(await ask({ ip: '203.0.113.7' })).toEqual({ status: 403, reference: decision('203.0.113.7') });
    expect(await ask({ ip: '203.0.113.8' })).toEqual({ status: 200, reference: undefined });
    expect(await status({ ip: '2001:db8:7:1::9' })).toBe(403);
    expect(await status({ ip: '2001:db8:8::9' })).toBe(200);
    await bring();
    expect(await status({ ip: '203.0.113.7' })).toBe(200);
  });

  test('a signature stops an attack with no address in any list', async () => {
    await bring(
      rule(is('endpoint', 'in', 'GET /stores/{number}/stock'), is('has_accept_language', 'in', 'no')),
      rule(is('user_agent', 'in', 'evil "bot"; } \\ $http_host {"')),
    );
    const sweep = { path: '/stores/12345/stock?zip=1', language: null };
    expect(await status(sweep)).toBe(403);
    expect(await status({ ...sweep, path: '/stores//12345/stock/' })).toBe(403);
    expect(await status({ ...sweep, path: '/stores/12345;x=1/%73tock' })).toBe(403);
    expect(await status({ ...sweep, language: 'de' })).toBe(200);
    expect(await status({ ...sweep, method: 'POST' })).toBe(200);
    expect(await status({ ...sweep, path: '/stores/nearby/stock' })).toBe(200);
    expect(await status({ userAgent: 'evil "bot"; } \\ $http_host {"' })).toBe(403);
    expect(await status({ userAgent: 'EVIL "bot"; } \\ $http_host {"' })).toBe(200);
  });

  test('old browser versions are compared as numbers', async () => {
    const chrome = (version: number) => ({
      userAgent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`,
    });
    await bring(rule(is('browser', 'in', 'chrome'), is('browser_version', 'lte', '88')));
    expect([
      await status(chrome(88)),
      await status(chrome(9)),
      await status(chrome(89)),
      await status(chrome(120)),
    ]).toEqual([403, 403, 200, 200]);
    expect(await status({ userAgent: null })).toBe(200);
  });

  test('a hand-edited file is noticed and written anew; a foreign file is refused', async () => {
    const signal = new AbortController().signal;
    await bring(address('203.0.113.7'));
    writeFileSync(file, readFileSync(file, 'utf8').replace('203.0.113.7', '203.0.113.9'));
    expect((await edge.observe(signal)).damaged).toBe('changed by someone else');
    await bring(address('203.0.113.7'));
    expect([await status({ ip: '203.0.113.7' }), await status({ ip: '203.0.113.9' })]).toEqual([403, 200]);
    const ours = readFileSync(file, 'utf8');
    writeFileSync(file, 'deny all;\n');
    await expect(edge.observe(signal)).rejects.toThrow(/not written by Tidegate/);
    writeFileSync(file, ours);
  });

  test('a configuration that nginx refuses leaves the old file and the old rules', async () => {
    const signal = new AbortController().signal;
    await bring(address('203.0.113.7'));
    const before = readFileSync(file, 'utf8');
    const garbage = { ...address('203.0.113.8'), value: 'garbage' };
    const plan = reconcile([], await edge.observe(signal), edge.descriptor, options);
    await expect(edge.apply({ ...plan, content: [garbage] }, signal)).rejects.toThrow(EdgeError);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect([await status({ ip: '203.0.113.7' }), await status({ ip: '203.0.113.8' })]).toEqual([403, 200]);
  });

  test('exempt networks pass every rule, whatever it says', async () => {
    exempt = [parseNetwork('203.0.113.64/26')!];
    await bring(rule(is('method', 'in', 'GET')));
    expect([await status({ ip: '203.0.113.65' }), await status({ ip: '203.0.113.1' })]).toEqual([200, 403]);
    exempt = [];
  });

  test('20,000 addresses are in force within seconds', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) =>
      address(`20.${(index >> 8) & 255}.${index & 255}.1`),
    );
    await bring(...many);
    await until(
      'the last of many addresses is refused',
      async () => (await status({ ip: '20.78.31.1' })) === 403,
    );
    expect(await status({ ip: '20.0.0.2' })).toBe(200);
    await bring();
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
          await bring(wanted);
          const matches = compileSignature(wanted.target.signature!);
          for (const each of samples)
            expect([each, await status(each)]).toEqual([each, matches(eventOf(each)) ? 403 : 200]);
        },
      ),
      { numRuns: 25 },
    );
  });
});
