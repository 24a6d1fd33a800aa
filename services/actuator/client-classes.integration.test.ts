import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ApiEndpoint, Signature, Verdict } from '../../lib/contracts/generated.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { canonicalSignature } from '../../lib/signature/signature.ts';
import { contextOf, say, verdict } from '../../test/counterparts/actuator-input.ts';
import { requireCounterpart } from '../../test/counterparts/counterpart.ts';
import { ask, is } from '../../test/counterparts/edge-fixture.ts';
import { findNginx, startNginx } from '../../test/counterparts/nginx.ts';
import { learnedEndpoint } from './api-endpoint.test-fixture.ts';
import { actuatorConfig } from './config.ts';
import { emptyNginxConfig } from './edges/nginx-config.ts';
import { startActuator } from './main.ts';

const missing = requireCounterpart('nginx', findNginx());
const endpoint = 'GET /stores/{number}/stock';

/** What the inventory says of the endpoint at the time. */
const learned = (client_class: string, revision: number): ApiEndpoint =>
  learnedEndpoint({
    endpoint_id: 'ep_stock',
    revision,
    endpoint,
    function: 'inventory',
    requests: 1000,
    succeeded: 1000,
    clients: 500,
    client_class,
  });

test.skipIf(missing !== null)(
  'a decided challenge is one where browsers call the endpoint, and a limit where an app does, as the inventory learns',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'tidegate-clients-'));
    const file = join(dir, 'tidegate.conf');
    writeFileSync(file, emptyNginxConfig);
    const nginx = await startNginx({
      dir,
      http: `  include ${file};`,
      server: `    if ($tidegate_block) { return 403; }
    if ($tidegate_challenge) { return 401; }
    location / { return 200 "$tidegate_action"; }`,
    });
    const log = createMemoryLog({ trafficPartitions: 1, encoded: true });
    const producer = await log.producer('test');
    const learn = (value: ApiEndpoint) =>
      producer.send([{ topic: 'endpoints', key: value.endpoint_id, type: 'ApiEndpoint', value }]);
    const edge = {
      kind: 'nginx',
      name: 'web',
      dry_run: false,
      file,
      test: nginx.testCommand,
      reload: nginx.reloadCommand,
      actions: ['rate_limit', 'challenge', 'block'],
    };
    const config = actuatorConfig.parse({ api: { port: 0 }, edges: [edge] });
    const actuator = await startActuator(contextOf(log), config);
    try {
      const answers = async () => {
        const { status, body } = await ask(nginx.port, { path: '/stores/7/stock' });
        return status === 200 ? body : String(status);
      };
      await learn(learned('app', 1));
      const signature: Signature = {
        predicates: [is('endpoint', 'in', endpoint)],
        except_good: false,
        good_after: [],
      };
      const target = { kind: 'signature', value: canonicalSignature(signature), signature };
      const decided = verdict('203.0.113.1');
      const action = { ...decided.action, kind: 'challenge' };
      await say(log, { ...decided, verdict_id: 'vrd_stock', target, action } satisfies Verdict);
      await expect.poll(answers, { timeout: 15_000 }).toBe('rate_limit');
      expect((await actuator.planEdge('web')).weakened).toMatchObject([
        { decided: 'challenge', because: 'an app can not solve a challenge' },
      ]);
      await learn(learned('browser', 2));
      await expect.poll(answers, { timeout: 15_000 }).toBe('401');
      await learn(learned('mixed', 3));
      await expect.poll(answers, { timeout: 15_000 }).toBe('rate_limit');
    } finally {
      await actuator.stop();
      await nginx.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  },
  60_000,
);
