import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryLog } from '../../../lib/log/memory.ts';
import { command, contextOf, say, verdict } from '../../../test/counterparts/actuator-input.ts';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import {
  findCrowdsecBouncer,
  type RunningBouncer,
  startCrowdsecBouncer,
} from '../../../test/counterparts/crowdsec.ts';
import {
  findCrowdsec,
  type RunningLapi,
  startCrowdsecLapi,
} from '../../../test/counterparts/crowdsec-lapi.ts';
import { until } from '../../../test/counterparts/free-port.ts';
import { actuatorConfig } from '../config.ts';
import { type RunningActuator, startActuator } from '../main.ts';

const missing =
  requireCounterpart('crowdsec', findCrowdsec()) ??
  requireCounterpart('crowdsec-custom-bouncer', findCrowdsecBouncer());

describe.skipIf(missing !== null)('A real CrowdSec, with one of its bouncers behind it', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-lapi-bouncer-'));
  const log = createMemoryLog({ trafficPartitions: 2 });
  let lapi: RunningLapi;
  let bouncer: RunningBouncer;
  let actuator: RunningActuator;
  const edge = (more: object = {}) => ({
    kind: 'crowdsec-lapi',
    name: 'lapi',
    dry_run: false,
    url: lapi.url,
    ...lapi.machine,
    api_key: lapi.apiKey,
    ...more,
  });
  const start = (...edges: object[]): Promise<RunningActuator> =>
    startActuator(
      contextOf(log),
      actuatorConfig.parse({
        api: { port: 0 },
        edges,
        loop: { backoff_base: '50ms', backoff_cap: '200ms', verify_every: '1s' },
      }),
    );
  const decisions = async (): Promise<string[]> => {
    const headers = { 'x-api-key': lapi.apiKey, 'user-agent': 'test/1.0' };
    const found = await (await fetch(`${lapi.url}/v1/decisions`, { headers })).json();
    return (found as { value: string }[]).map(({ value }) => value).sort();
  };

  beforeAll(async () => {
    lapi = await startCrowdsecLapi();
    lapi.cscli('decisions', 'add', '--ip', '203.0.113.2', '--duration', '4h', '--reason', 'by hand');
    actuator = await start(edge());
    bouncer = await startCrowdsecBouncer({ dir, apiUrl: lapi.url, apiKey: lapi.apiKey });
  });
  afterAll(async () => {
    await bouncer?.stop();
    await actuator?.stop();
    await lapi?.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const follows = (...values: string[]) =>
    until(
      `the bouncer blocks ${values.join(', ') || 'nobody'}; it blocks ${[...bouncer.blocked()].join(', ')}`,
      () => [...bouncer.blocked()].sort().join() === [...values].sort().join(),
    );

  test('its bouncer follows what is blocked and released, and decisions of others stay', async () => {
    await say(log, verdict('203.0.113.1'), verdict('198.51.100.0/24'), verdict('203.0.113.2'));
    await follows('198.51.100.0/24', '203.0.113.1', '203.0.113.2');
    await until('ours are there', () => actuator.edges()[0]!.state === 'in_step');
    expect(actuator.edges()[0]).toMatchObject({ observed: 3, foreign: 0, drift: 0 });
    await say(log, command('release', '203.0.113.1'), command('release', '203.0.113.2'));
    await follows('198.51.100.0/24', '203.0.113.2');
    expect(await decisions()).toEqual(['198.51.100.0/24', '203.0.113.2']);
  });

  test('nothing is pushed twice, and an entry ends at its time', async () => {
    await say(log, verdict('203.0.113.9', 3000));
    await follows('198.51.100.0/24', '203.0.113.2', '203.0.113.9');
    expect((await decisions()).filter((value) => value === '203.0.113.9').length).toBe(1);
    await follows('198.51.100.0/24', '203.0.113.2');
  });

  test('a wrong password and a wrong key are states of their edge, while the others go on', async () => {
    // Instances share the edges of an account; this one is to have them all.
    await actuator.stop();
    actuator = await start(
      edge({ name: 'wrong-password', password: 'no' }),
      edge({ name: 'wrong-key', api_key: 'no' }),
      edge({ name: 'good' }),
    );
    const stateOf = (name: string) => actuator.edges().find((status) => status.name === name)!;
    await until('the good one is in step', () => stateOf('good').state === 'in_step');
    await until('the wrong key shows', () => stateOf('wrong-key').state === 'credential');
    await until('the wrong password shows', () => stateOf('wrong-password').state === 'credential');
    expect(stateOf('wrong-password').detail).toMatch(/incorrect Username or Password/);
    expect(stateOf('wrong-key').detail).toMatch(/access forbidden/);
  });
});
