import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Log } from '../../../lib/log/log.ts';
import { createMemoryLog } from '../../../lib/log/memory.ts';
import { command, contextOf, say, verdict } from '../../../test/counterparts/actuator-input.ts';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import {
  findCrowdsecBouncer,
  type RunningBouncer,
  startCrowdsecBouncer,
} from '../../../test/counterparts/crowdsec.ts';
import { until } from '../../../test/counterparts/free-port.ts';
import { actuatorConfig } from '../config.ts';
import { type RunningActuator, startActuator } from '../main.ts';
import { hashSecret } from './hashed-secret.ts';

const missing = requireCounterpart('crowdsec-custom-bouncer', findCrowdsecBouncer());

describe.skipIf(missing !== null)("CrowdSec's own bouncer", () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-bouncer-'));
  let log: Log;
  let actuator: RunningActuator;
  let bouncer: RunningBouncer;

  beforeAll(async () => {
    log = createMemoryLog({ trafficPartitions: 2 });
    const edge = {
      kind: 'crowdsec',
      name: 'bouncers',
      dry_run: false,
      bouncers: [{ name: 'custom', key: hashSecret('b0uncer') }],
    };
    const config = actuatorConfig.parse({ api: { port: 0 }, edges: [edge] });
    actuator = await startActuator(contextOf(log), config);
    await say(log, verdict('203.0.113.1'));
    await until(
      'the first entry is served',
      () => actuator.edges()[0]!.observed === 1 || actuator.edges()[0]!.desired === 1,
    );
    bouncer = await startCrowdsecBouncer({ dir, apiUrl: actuator.url!, apiKey: 'b0uncer' });
  });
  afterAll(async () => {
    await bouncer?.stop();
    await actuator?.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const follows = (...values: string[]) =>
    until(
      `the bouncer blocks ${values.join(', ') || 'nobody'}; it said ${bouncer.output().slice(-500)}`,
      () => {
        return [...bouncer.blocked()].sort().join() === [...values].sort().join();
      },
    );

  test('gets what is in force at its start, and what comes and goes after it', async () => {
    await follows('203.0.113.1');
    await say(log, verdict('203.0.113.2'), verdict('198.51.100.0/24'), verdict('2001:db8:1::/64'));
    await follows('198.51.100.0/24', '2001:db8:1::/64', '203.0.113.1', '203.0.113.2');
    await say(log, command('release', '203.0.113.2'));
    await follows('198.51.100.0/24', '2001:db8:1::/64', '203.0.113.1');
    await say(log, command('allow', '198.51.100.77'));
    await follows('2001:db8:1::/64', '203.0.113.1');
  });

  test('is told when an entry runs out', async () => {
    await say(log, verdict('203.0.113.3', 4000));
    await until('the short entry is blocked', () => bouncer.blocked().has('203.0.113.3'));
    await until('the short entry is gone', () => !bouncer.blocked().has('203.0.113.3'));
  });

  test('durations and reasons arrive as they are meant', async () => {
    const { duration, reason } = bouncer.calls().find(({ value }) => value === '203.0.113.1')!;
    expect(duration).toMatch(/^(3[0-9]{3}|59m[0-9.]+s|1h0m0s)$/);
    expect(reason).toBe('failing logins');
  });
});
