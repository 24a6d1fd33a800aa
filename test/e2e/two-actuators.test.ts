import { setTimeout as sleep } from 'node:timers/promises';
import type { WAFV2Client } from '@aws-sdk/client-wafv2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { integer, namedRandom } from '../../cli/generate/random.ts';
import { logConfig } from '../../lib/log/config.ts';
import type { Log } from '../../lib/log/log.ts';
import { openLog } from '../../lib/log/open.ts';
import { recordsOf } from '../../lib/log/read-topic.ts';
import { command, say, verdict } from '../counterparts/actuator-input.ts';
import { requireCounterpart } from '../counterparts/counterpart.ts';
import { type FaultProxy, startFaultProxy } from '../counterparts/fault-proxy.ts';
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
import { startWebhookReceiver, type WebhookReceiver } from '../counterparts/vendors/webhook-receiver.ts';
import { allStarted } from './harness/all-started.ts';
import { killLeftovers, startTidegate, type TidegateProcess } from './harness/tidegate.ts';
import { until } from './harness/until.ts';
import { createWorkspace, testSecret } from './harness/workspace.ts';

/**
 * Two actuators on a real Kafka write the same edges: AWS WAF (moto), which turns away a late write by its lock token,
 * and a webhook, which could not. Whoever writes is killed (SIGKILL) at moments without pattern, and started again.
 */
const missing = (await localKafkaMissing()) ?? requireCounterpart('moto', findMoto());

const names = ['first', 'second'] as const;
type Name = (typeof names)[number];
/** How long an edge takes to answer a write: long enough for two writers to meet. */
const slowMs = 150;
const kills = 3;

interface Write {
  readonly who: Name;
  readonly from: number;
  until: number;
}

const workspace = createWorkspace('two-actuators');
const writes: { readonly webhook: Write[]; readonly aws: Write[] } = { webhook: [], aws: [] };
let kafka: Awaited<ReturnType<typeof startTestKafka>>;
let moto: RunningMoto;
let front: FaultProxy;
let waf: WAFV2Client;
let receiver: WebhookReceiver;
let set: NamedIpSet;
let log: Log;
const running = new Map<Name, TidegateProcess>();

async function noted(list: Write[], who: Name): Promise<void> {
  const write = { who, from: performance.now(), until: Number.POSITIVE_INFINITY };
  list.push(write);
  await sleep(slowMs);
  write.until = performance.now();
}

const logSection = () => ({
  kind: 'kafka',
  brokers: [...kafka.brokers],
  traffic_partitions: 2,
  session_timeout: '6s',
});
function configOf(name: Name): string {
  return workspace.config(`${name}.yaml`, {
    ops: { port: 0 },
    instance: name,
    secret: testSecret,
    data_dir: workspace.path(name),
    log: logSection(),
    actuator: {
      api: { port: 0 },
      loop: { verify_every: '3s', takeover_wait: '2s', backoff_base: '200ms', backoff_cap: '1s' },
      edges: [
        {
          kind: 'webhook',
          name: 'hook',
          dry_run: false,
          url: `${receiver.server.url}/${name}`,
          secret: receiver.secret,
        },
        {
          kind: 'aws-waf',
          name: 'aws',
          dry_run: false,
          region: motoRegion,
          scope: 'REGIONAL',
          ipv4: set,
          endpoint: front.url,
          // By its key the proxy tells who writes.
          credentials: { access_key_id: name, secret_access_key: 'test' },
          update_every: '100ms',
        },
      ],
    },
  });
}
const start = (name: Name): void =>
  void running.set(name, startTidegate(['--config', configOf(name), 'actuator'], { name }));

beforeAll(async () => {
  if (missing !== null) return;
  await allStarted(
    startTestKafka().then((started) => {
      kafka = started;
    }),
    startMoto().then((started) => {
      moto = started;
    }),
    startWebhookReceiver(({ path }) => noted(writes.webhook, path.slice(1) as Name)).then((started) => {
      receiver = started;
    }),
  );
  waf = motoWaf(moto);
  set = await makeIpSet(waf, 'tidegate-v4', 'IPV4');
  front = await startFaultProxy(moto.url, async ({ headers }) => {
    if (!String(headers['x-amz-target']).endsWith('UpdateIPSet')) return null;
    const [, who] = /Credential=(\w+)\//.exec(String(headers['authorization']))!;
    await noted(writes.aws, who as Name);
    return null;
  });
  log = await openLog(logConfig.parse(logSection()));
  await log.ensureTopics();
});
afterAll(async () => {
  await killLeftovers();
  await log?.close();
  waf?.destroy();
  await Promise.all([receiver?.server.close(), front?.close(), moto?.stop(), kafka?.stop()]);
  workspace.remove();
});

/** Writes of two instances at the same time. */
const meetings = (list: readonly Write[]): (readonly [Write, Write])[] =>
  list.flatMap((a) =>
    list.filter((b) => a.who !== b.who && a.from <= b.from && b.from < a.until).map((b) => [a, b] as const),
  );

describe.skipIf(missing !== null)('two actuators, of which the writing one is killed', () => {
  test('leave no duplicate, no orphan, and never write at the same time', async () => {
    const wanted = new Set<string>();
    let address = 0;
    const random = namedRandom(20261126, 'moments');
    const decide = async (count: number): Promise<void> => {
      const fresh = Array.from({ length: count }, () => `203.0.113.${++address}`);
      for (const ip of fresh) wanted.add(ip);
      await say(log, ...fresh.map((ip) => verdict(ip)));
    };
    const release = async (): Promise<void> => {
      const [ip] = wanted;
      wanted.delete(ip!);
      await say(log, command('release', ip!));
    };
    let last: object = {};
    const bothHold = (what: string): Promise<unknown> =>
      until(
        what,
        async () => {
          const expected = [...wanted].map((ip) => `${ip}/32`).sort();
          const hook = receiver
            .keys()
            .map((key) => key.slice('ip4|'.length))
            .sort();
          const aws = await ipSetAddresses(waf, set);
          last = { expected, aws, hook };
          return aws.join() === expected.join() && hook.join() === expected.join();
        },
        { withinMs: 90_000, watch: () => [...running.values()] },
        () => last,
      );

    for (const name of names) start(name);
    await decide(5);
    await bothHold('the first decisions are at both edges');
    const killed: Name[] = [];
    for (let round = 0; round < kills; round++) {
      // Who wrote last, once at each edge: its lease has to move.
      const list = round % 2 === 0 ? writes.webhook : writes.aws;
      const owner = list.at(-1)!.who;
      // In the middle of what it does: decisions come all the time.
      const moment = performance.now() + 200 + integer(random, 1500);
      while (performance.now() < moment) {
        await decide(1);
        await sleep(integer(random, 200));
      }
      const victim = running.get(owner)!;
      running.delete(owner);
      await victim.kill();
      killed.push(owner);
      await release();
      await decide(2);
      // Back at once, to a group that still counts on the dead one, or when the other has taken over.
      const isLate = round % 2 === 0;
      if (isLate) await bothHold(`the other one has taken over after kill ${round + 1}`);
      start(owner);
      await decide(1);
      await bothHold(`all is at both edges after kill ${round + 1}`);
    }
    for (const list of [writes.webhook, writes.aws]) expect(new Set(list.map(({ who }) => who)).size).toBe(2);
    // Nobody to write for what ends now but the one that is left.
    const [leaving] = names;
    const stopped = running.get(leaving)!;
    running.delete(leaving);
    await stopped.stop();
    await release();
    await bothHold('the other one goes on alone');

    expect(meetings(writes.webhook)).toEqual([]);
    expect(meetings(writes.aws)).toEqual([]);
    expect(receiver.violations).toEqual([]);
    // One decision a target, whoever was killed while it was made, and both edges name that one.
    const ids = new Map<string, Set<string>>();
    for (const { value } of await recordsOf(log, 'decisions'))
      ids.set(value.target.value, (ids.get(value.target.value) ?? new Set()).add(value.decision_id));
    expect(ids.size).toBe(address);
    for (const [target, found] of ids) expect([...found], target).toHaveLength(1);
    for (const [key, entry] of receiver.entries())
      expect(ids.get(key.slice('ip4|'.length, -'/32'.length))).toEqual(new Set([entry.decision_id]));
    console.log(
      `${address} decisions, killed ${killed.join(', ')}; writes at the webhook ${writes.webhook.length}, at AWS ${writes.aws.length}`,
    );
  }, 400_000);
});
