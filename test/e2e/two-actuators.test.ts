import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateIPSetCommand, GetIPSetCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logConfig } from '../../lib/log/config.ts';
import type { Log } from '../../lib/log/log.ts';
import { openLog } from '../../lib/log/open.ts';
import { recordsOf } from '../../lib/log/read-topic.ts';
import { command, say, verdict } from '../counterparts/actuator-input.ts';
import { requireCounterpart } from '../counterparts/counterpart.ts';
import { type FaultProxy, startFaultProxy } from '../counterparts/fault-proxy.ts';
import { localKafkaMissing, startTestKafka } from '../counterparts/kafka.ts';
import { findMoto, type RunningMoto, startMoto } from '../counterparts/moto.ts';
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
let receiver: Server;
let setId = '';
let log: Log;
const running = new Map<Name, TidegateProcess>();

async function noted(list: Write[], who: Name): Promise<void> {
  const write = { who, from: performance.now(), until: Number.POSITIVE_INFINITY };
  list.push(write);
  await sleep(slowMs);
  write.until = performance.now();
}

/** What a receiver is told to do in docs/howto/edges/webhook.md. */
const received = new Map<string, { readonly decision_id: string }>();
async function startReceiver(): Promise<Server> {
  interface Shown {
    readonly key: string;
    readonly decision_id: string;
  }
  type Message = { readonly sequence: number; readonly previous: number | null } & (
    | { readonly kind: 'snapshot'; readonly part: number; readonly of: number; readonly entries: Shown[] }
    | { readonly kind: 'delta'; readonly changes: (Shown & { readonly change: 'set' | 'remove' })[] }
  );
  let last = 0;
  const take = (message: Message): boolean => {
    if (message.sequence <= last) return false;
    if (message.kind === 'snapshot') {
      if (message.part === 1) received.clear();
      for (const entry of message.entries) received.set(entry.key, entry);
    } else {
      if (message.previous !== last) return false;
      for (const change of message.changes) {
        if (change.change === 'remove') received.delete(change.key);
        else received.set(change.key, change);
      }
    }
    last = message.sequence;
    return true;
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      await noted(writes.webhook, request.url!.slice(1) as Name);
      const isTaken = take(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Message);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ resync: !isTaken }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const logSection = () => ({
  kind: 'kafka',
  brokers: [...kafka.brokers],
  traffic_partitions: 2,
  session_timeout: '6s',
});
function configOf(name: Name): string {
  const { port } = receiver.address() as AddressInfo;
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
          url: `http://127.0.0.1:${port}/${name}`,
          secret: 'the secret of this test',
        },
        {
          kind: 'aws-waf',
          name: 'aws',
          dry_run: false,
          region: 'eu-west-1',
          scope: 'REGIONAL',
          ipv4: { name: 'tidegate-v4', id: setId },
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
    startReceiver().then((started) => {
      receiver = started;
    }),
  );
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  waf = new WAFV2Client({ region: 'eu-west-1', endpoint: moto.url, credentials });
  const made = await waf.send(
    new CreateIPSetCommand({
      Name: 'tidegate-v4',
      Scope: 'REGIONAL',
      IPAddressVersion: 'IPV4',
      Addresses: [],
    }),
  );
  setId = made.Summary!.Id!;
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
  receiver?.close();
  await Promise.all([front?.close(), moto?.stop(), kafka?.stop()]);
  workspace.remove();
});

async function atAws(): Promise<string[]> {
  const { IPSet } = await waf.send(
    new GetIPSetCommand({ Name: 'tidegate-v4', Scope: 'REGIONAL', Id: setId }),
  );
  return [...(IPSet?.Addresses ?? [])].sort();
}
/** Writes of two instances at the same time. */
const meetings = (list: readonly Write[]): (readonly [Write, Write])[] =>
  list.flatMap((a) =>
    list.filter((b) => a.who !== b.who && a.from <= b.from && b.from < a.until).map((b) => [a, b] as const),
  );

describe.skipIf(missing !== null)('two actuators, of which the writing one is killed', () => {
  test('leave no duplicate, no orphan, and never write at the same time', async () => {
    const wanted = new Set<string>();
    let address = 0;
    let seed = 20261126;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
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
          const hook = [...received.keys()].map((key) => key.slice('ip4|'.length)).sort();
          last = { expected, aws: await atAws(), hook };
          return (await atAws()).join() === expected.join() && hook.join() === expected.join();
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
      const moment = performance.now() + 200 + random(1500);
      while (performance.now() < moment) {
        await decide(1);
        await sleep(random(200));
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
    // One decision a target, whoever was killed while it was made, and both edges name that one.
    const ids = new Map<string, Set<string>>();
    for (const { value } of await recordsOf(log, 'decisions'))
      ids.set(value.target.value, (ids.get(value.target.value) ?? new Set()).add(value.decision_id));
    expect(ids.size).toBe(address);
    for (const [target, found] of ids) expect([...found], target).toHaveLength(1);
    for (const [key, entry] of received)
      expect(ids.get(key.slice('ip4|'.length, -'/32'.length))).toEqual(new Set([entry.decision_id]));
    console.log(
      `${address} decisions, killed ${killed.join(', ')}; writes at the webhook ${writes.webhook.length}, at AWS ${writes.aws.length}`,
    );
  }, 400_000);
});
