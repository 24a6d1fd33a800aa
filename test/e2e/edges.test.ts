import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WAFV2Client } from '@aws-sdk/client-wafv2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isEmbeddedAvailable } from '../../lib/clickhouse/embedded.ts';
import { inPackage } from '../../lib/package-root.ts';
import { requireCounterpart } from '../counterparts/counterpart.ts';
import { findCrowdsecBouncer, type RunningBouncer, startCrowdsecBouncer } from '../counterparts/crowdsec.ts';
import { localKafkaMissing, startTestKafka } from '../counterparts/kafka.ts';
import {
  findMoto,
  ipSetAddresses,
  makeIpSet,
  motoRegion,
  motoWaf,
  type NamedIpSet,
  type RunningMoto,
  startMoto,
} from '../counterparts/moto.ts';
import { allStarted } from './harness/all-started.ts';
import { sqlOf } from './harness/console-client.ts';
import { type LiveSender, sendLive } from './harness/live-sender.ts';
import { killLeftovers, runTidegate } from './harness/tidegate.ts';
import { type Abuser, hammerLogin, merged, prepareHonest, type TrafficEvent } from './harness/traffic.ts';
import { until } from './harness/until.ts';
import { anyPorts, type RunningUp, startUp } from './harness/up.ts';
import { createWorkspace, testSecret } from './harness/workspace.ts';

/**
 * AWS WAF (moto) and a real CrowdSec bouncer follow the same decisions, and unblock when a person releases one and when
 * its time is over.
 */
const missing =
  (await localKafkaMissing()) ??
  requireCounterpart('moto', findMoto()) ??
  requireCounterpart('crowdsec-custom-bouncer', findCrowdsecBouncer()) ??
  requireCounterpart('chdb', await isEmbeddedAvailable(), 'run npm install chdb');

const bouncerKey = 'the key of the bouncer in this test';
const released: Abuser = { client_ip: '203.0.113.77', user_agent: 'python-requests/2.32.3', ja4: 't13d_a' };
const expiring: Abuser = { client_ip: '198.51.100.88', user_agent: 'Go-http-client/1.1', ja4: 't13d_b' };

const people = prepareHonest(20, 180_000);
const workspace = createWorkspace('edges');
let kafka: Awaited<ReturnType<typeof startTestKafka>>;
let moto: RunningMoto;
let waf: WAFV2Client;
let up: RunningUp;
let bouncer: RunningBouncer;
let configFile = '';
let sets: { readonly ipv4: NamedIpSet; readonly ipv6: NamedIpSet };

/** The shipped policy about single clients, whose blocks here end within the test. */
function shortPolicies(): string {
  const folder = workspace.path('policies');
  mkdirSync(folder);
  const name = 'client-abuse.yaml';
  copyFileSync(inPackage('policies', name), join(folder, name));
  const text = readFileSync(join(folder, name), 'utf8')
    .replace(/^( +ttl:).*$/m, '$1 40s')
    .replace(/^ +escalate:.*\n/m, '');
  writeFileSync(join(folder, name), text);
  return folder;
}

beforeAll(async () => {
  if (missing !== null) return;
  await allStarted(
    startTestKafka().then((started) => {
      kafka = started;
    }),
    startMoto().then((started) => {
      moto = started;
    }),
  );
  waf = motoWaf(moto);
  sets = {
    ipv4: await makeIpSet(waf, 'tidegate-v4', 'IPV4'),
    ipv6: await makeIpSet(waf, 'tidegate-v6', 'IPV6'),
  };
  configFile = workspace.config('tidegate.yaml', {
    ...anyPorts,
    instance: 'e2e',
    secret: testSecret,
    data_dir: workspace.path('state'),
    log: { kind: 'kafka', brokers: [...kafka.brokers], traffic_partitions: 2 },
    collector: { http: { port: 0 } },
    detector: { policies: shortPolicies() },
    archiver: { batch_interval: '200ms' },
    actuator: {
      api: { port: 0 },
      edges: [
        {
          kind: 'aws-waf',
          name: 'aws',
          dry_run: false,
          region: motoRegion,
          scope: 'REGIONAL',
          ...sets,
          endpoint: moto.url,
          credentials: { access_key_id: 'test', secret_access_key: 'test' },
          update_every: '100ms',
        },
        {
          kind: 'crowdsec',
          name: 'bouncers',
          dry_run: false,
          bouncers: [{ name: 'e2e', key: createHash('sha256').update(bouncerKey).digest('hex') }],
        },
      ],
    },
  });
  up = await startUp(configFile);
  const dir = workspace.path('bouncer');
  mkdirSync(dir);
  bouncer = await startCrowdsecBouncer({ dir, apiUrl: up.decisionsUrl, apiKey: bouncerKey });
});
afterAll(async () => {
  await killLeftovers();
  waf?.destroy();
  await Promise.all([bouncer?.stop(), moto?.stop(), kafka?.stop()]);
  workspace.remove();
});

async function atAws(): Promise<string[]> {
  return (await Promise.all(Object.values(sets).map((set) => ipSetAddresses(waf, set)))).flat();
}

/** Waits until both edges hold exactly these addresses. */
async function bothHold(why: string, expected: readonly string[], withinMs: number): Promise<void> {
  let seen: unknown;
  await until(
    why,
    async () => {
      const aws = (await atAws()).map((address) => address.replace(/\/32$/, '')).sort();
      const crowdsec = [...bouncer.blocked()].sort();
      seen = { aws, crowdsec, calls: bouncer.calls().slice(-5) };
      const wanted = JSON.stringify([...expected].sort());
      return JSON.stringify(aws) === wanted && JSON.stringify(crowdsec) === wanted;
    },
    { withinMs, everyMs: 200, watch: [up.process] },
    () => ({ expected, seen, bouncer: bouncer.output().slice(-500) }),
  );
}

/** Honest traffic, and abuse until it is told to cease: as long as it goes on, blocks are renewed. */
function sendAbuse(...who: readonly Abuser[]): { readonly sender: LiveSender; cease(): void } {
  const startMs = Date.now();
  let ceased = false;
  function* unlessCeased(stream: Generator<TrafficEvent>): Generator<TrafficEvent> {
    for (const event of stream) {
      if (ceased) return;
      yield event;
    }
  }
  const streams = who.map((each) => unlessCeased(hammerLogin(each, startMs + 2000, 10)));
  return {
    sender: sendLive(up.eventsUrl, merged(people.from(startMs), ...streams)),
    cease: () => {
      ceased = true;
    },
  };
}

describe.skipIf(missing !== null)('AWS WAF and a CrowdSec bouncer', () => {
  test('follow the same decisions, and unblock after release and after the end of a block', async () => {
    const { sender, cease } = sendAbuse(released, expiring);
    await Promise.race([
      sender.failed,
      bothHold('both edges block both addresses', [released.client_ip, expiring.client_ip], 90_000),
    ]);
    cease();

    const release = await runTidegate([
      '--config',
      configFile,
      'decisions',
      'delete',
      released.client_ip,
      '--reason',
      'a customer called',
    ]);
    expect(release.code, release.tail).toBe(0);
    let held: string[] = [];
    await until(
      'the released address is gone from both edges',
      async () => {
        held = [...(await atAws()), ...bouncer.blocked()];
        return !held.some((address) => address.startsWith(released.client_ip));
      },
      { withinMs: 30_000, watch: [up.process] },
      () => held,
    );
    await bothHold('nothing is left when the block is over', [], 60_000);
    const calls = bouncer.calls();
    for (const { client_ip: address } of [released, expiring]) {
      const operations = calls.filter(({ value }) => value === address).map(({ operation }) => operation);
      expect(operations[0]).toBe('add');
      expect(operations).toContain('del');
    }
    await sender.stop();

    // The audit tells the two apart: one was taken back in time, the other ran out.
    let ends: { target: string; state: string; until: string; removed: string }[] = [];
    await until(
      'decisions and removals are archived',
      async () => {
        ends = await sqlOf(
          up.consoleUrl,
          `SELECT d.target_value AS target, d.state AS state,
             toString(toUnixTimestamp64Milli(arrayMax(cause -> cause.until_at, d.causes))) AS until,
             toString(toUnixTimestamp64Milli(max(e.at))) AS removed
           FROM decisions AS d
           INNER JOIN (SELECT * FROM edge_actions WHERE edge = 'aws' AND operation = 'remove' AND result = 'applied') AS e
             ON e.target_value = concat(d.target_value, '/32')
           GROUP BY ALL ORDER BY target`,
        );
        return ends.length === 2;
      },
      { withinMs: 20_000, watch: [up.process] },
      () => ends,
    );
    const [ranOut, takenBack] = ends;
    expect(takenBack).toMatchObject({ target: released.client_ip, state: 'released' });
    expect(Number(takenBack!.removed)).toBeLessThan(Number(takenBack!.until));
    expect(ranOut!.target).toBe(expiring.client_ip);
    expect(ranOut!.state).not.toBe('released');
    expect(Number(ranOut!.removed)).toBeGreaterThanOrEqual(Number(ranOut!.until));
    expect(await up.process.stop()).toBe(0);
  }, 240_000);
});
