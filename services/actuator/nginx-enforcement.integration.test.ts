import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Signature, Verdict } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { canonicalSignature } from '../../lib/signature/signature.ts';
import { command, contextOf, say, verdict } from '../../test/counterparts/actuator-input.ts';
import { requireCounterpart } from '../../test/counterparts/counterpart.ts';
import { until } from '../../test/counterparts/free-port.ts';
import { findNginx, type RunningNginx, startNginx } from '../../test/counterparts/nginx.ts';
import { actuatorConfig } from './config.ts';
import { emptyNginxConfig } from './edges/nginx-config.ts';
import { type RunningActuator, startActuator } from './main.ts';

const missing = requireCounterpart('nginx', findNginx());

describe.skipIf(missing !== null)('from verdict to a real nginx', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-enforce-'));
  const log: Log = createMemoryLog({ trafficPartitions: 2, encoded: true });
  let nginx: RunningNginx;
  let actuator: RunningActuator;

  beforeAll(async () => {
    const file = join(dir, 'tidegate.conf');
    writeFileSync(file, emptyNginxConfig);
    nginx = await startNginx({
      dir,
      http: `  include ${file};`,
      server: `    if ($tidegate_block) { return 403; }
    add_header X-Reference-Id $tidegate_decision always;
    location / { return 200 "ok"; }`,
    });
    const edge = {
      kind: 'nginx',
      name: 'web',
      dry_run: false,
      file,
      test: nginx.testCommand,
      reload: nginx.reloadCommand,
    };
    actuator = await startActuator(contextOf(log), actuatorConfig.parse({ api: { port: 0 }, edges: [edge] }));
  });
  afterAll(async () => {
    await actuator?.stop();
    await nginx?.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const status = async (ip: string, path = '/', headers: { [name: string]: string } = {}) =>
    (await fetch(nginx.url + path, { headers: { 'x-forwarded-for': ip, ...headers } })).status;
  const answers = (ip: string, expected: number) =>
    until(`${ip} gets ${expected}`, async () => (await status(ip)) === expected);

  test('the attacker gets 403 and everyone else 200; release and end of time serve again', async () => {
    await say(log, verdict('203.0.113.7'), verdict('203.0.113.8', 5000));
    await answers('203.0.113.7', 403);
    await answers('203.0.113.8', 403);
    expect(await status('203.0.113.9')).toBe(200);
    await say(log, command('release', '203.0.113.7'));
    await answers('203.0.113.7', 200);
    await answers('203.0.113.8', 200);
  });

  test('a campaign is stopped by its signature alone, whatever address it comes from', async () => {
    const signature: Signature = {
      predicates: [
        { attribute: 'endpoint', op: 'in', values: ['GET /stores/{number}/stock'] },
        { attribute: 'has_cookie', op: 'in', values: ['no'] },
      ],
      except_good: false,
      good_after: [],
    };
    const target = { kind: 'signature', value: canonicalSignature(signature), signature };
    await say(log, { ...verdict('203.0.113.1'), verdict_id: 'vrd_signature', target } satisfies Verdict);
    await until(
      'the sweep is refused',
      async () => (await status('198.51.100.3', '/stores/123/stock')) === 403,
    );
    expect(await status('198.51.100.4', '/stores/99/stock')).toBe(403);
    expect(await status('198.51.100.4', '/stores/99/stock', { cookie: 'sid=1' })).toBe(200);
    expect(await status('198.51.100.4', '/stores')).toBe(200);
  });
});
