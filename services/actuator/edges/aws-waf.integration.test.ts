import {
  CreateRuleGroupCommand,
  GetRuleGroupCommand,
  type Rule,
  UpdateIPSetCommand,
  type WAFV2Client,
} from '@aws-sdk/client-wafv2';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseNetwork } from '../../../lib/ip.ts';
import { createMemoryLog } from '../../../lib/log/memory.ts';
import { command, contextOf, say, verdict } from '../../../test/counterparts/actuator-input.ts';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../../../test/counterparts/fault-proxy.ts';
import { until } from '../../../test/counterparts/free-port.ts';
import {
  findMoto,
  ipSetAddresses,
  makeIpSet,
  motoRegion,
  motoWaf,
  type NamedIpSet,
  type RunningMoto,
  readIpSet,
  startMoto,
} from '../../../test/counterparts/moto.ts';
import { checkRules } from '../../../test/counterparts/vendors/aws-waf-language.ts';
import {
  converge,
  dependenciesFor,
  entryFor,
  other,
  planOf,
  signatureTarget,
} from '../../../test/counterparts/vendors/edge-contract.ts';
import { actuatorConfig } from '../config.ts';
import { type RunningActuator, startActuator } from '../main.ts';
import { awsWafConfig, createAwsWafEdge } from './aws-waf.ts';

const missing = requireCounterpart('moto_server', findMoto());

describe.skipIf(missing !== null)('AWS WAFv2', () => {
  let moto: RunningMoto;
  let client: WAFV2Client;
  let proxy: FaultProxy;
  let fault: (operation: string, body: string) => Fault | null | Promise<Fault | null> = () => null;
  let created = 0;
  const started: RunningActuator[] = [];

  beforeAll(async () => {
    moto = await startMoto();
    client = motoWaf(moto);
    proxy = await startFaultProxy(moto.url, ({ headers, body }) =>
      fault(String(headers['x-amz-target'] ?? '').replace(/^.*\./, ''), body),
    );
  });
  afterEach(async () => {
    fault = () => null;
    for (const actuator of started.splice(0)) await actuator.stop();
  });
  afterAll(async () => {
    client?.destroy();
    await proxy?.close();
    await moto?.stop();
  });

  const makeSet = (version: 'IPV4' | 'IPV6', addresses: string[] = []) =>
    makeIpSet(client, `tidegate-${++created}`, version, { addresses, description: 'kept' });
  const held = (set: NamedIpSet) => ipSetAddresses(client, set);
  const holds = (set: NamedIpSet, ...addresses: string[]) =>
    until(`the set holds ${addresses.join(', ') || 'nothing'}`, async () => {
      return (await held(set)).join() === [...addresses].sort().join();
    });
  const start = async (values: object, log = createMemoryLog({ trafficPartitions: 2 })) => {
    const edge = {
      kind: 'aws-waf',
      name: 'aws',
      dry_run: false,
      region: motoRegion,
      endpoint: proxy.url,
      update_every: '50ms',
      credentials: { access_key_id: 'test', secret_access_key: 'test' },
      ...values,
    };
    const loop = { backoff_base: '50ms', backoff_cap: '200ms', verify_every: '1s' };
    const actuator = await startActuator(
      contextOf(log),
      actuatorConfig.parse({ api: { port: 0 }, edges: [edge], loop }),
    );
    started.push(actuator);
    return { log, actuator, state: () => actuator.edges()[0]! };
  };
  const aws = (name: string, status = 400): Fault => ({
    kind: 'answer',
    status,
    body: JSON.stringify({ __type: name, message: name }),
  });

  test('both sets follow, release and end of time included, and the description stays', async () => {
    const [ipv4, ipv6] = [await makeSet('IPV4'), await makeSet('IPV6')];
    const { log } = await start({ ipv4, ipv6 });
    await say(
      log,
      verdict('203.0.113.1'),
      verdict('203.0.113.0/25'),
      verdict('2001:db8::9'),
      verdict('203.0.114.1', 5000),
    );
    await holds(ipv6, '2001:db8::9/128');
    await holds(ipv4, '203.0.113.0/25', '203.0.114.1/32');
    await say(log, command('release', '203.0.113.0/25'));
    await holds(ipv4);
    expect((await readIpSet(client, ipv4)).IPSet!.Description).toBe('kept');
  });

  test('a writer in between costs a fresh look, not a lost update', async () => {
    const ipv4 = await makeSet('IPV4');
    let stolen = 0;
    fault = async (operation) => {
      if (operation === 'UpdateIPSet' && stolen++ < 2) {
        const { IPSet: set, LockToken } = await readIpSet(client, ipv4);
        const input = { Name: ipv4.name, Id: ipv4.id, Scope: 'REGIONAL' as const, LockToken };
        await client.send(new UpdateIPSetCommand({ ...input, Addresses: set!.Addresses ?? [] }));
      }
      return null;
    };
    const { log, state } = await start({ ipv4 });
    await say(log, verdict('203.0.113.1'));
    await holds(ipv4, '203.0.113.1/32');
    await until('in step', () => state().state === 'in_step');
    expect(stolen).toBeGreaterThan(2);
  });

  test('throttling, cut connections and server errors end in step, with nothing twice', async () => {
    const ipv4 = await makeSet('IPV4');
    const faults: (Fault | null)[] = [
      aws('ThrottlingException'),
      { kind: 'cut', when: 'before' },
      null,
      aws('InternalError', 500),
      { kind: 'cut', when: 'after' },
    ];
    fault = () => faults.shift() ?? null;
    const { log, state } = await start({ ipv4 });
    await say(log, verdict('203.0.113.1'), verdict('203.0.113.2'));
    await holds(ipv4, '203.0.113.1/32', '203.0.113.2/32');
    await until('in step', () => state().state === 'in_step' && faults.length === 0);
  });

  test('foreign content is refused and never removed; adopt takes the set over', async () => {
    const ipv4 = await makeSet('IPV4', ['192.0.2.1/32']);
    const { log, state } = await start({ ipv4 });
    await say(log, verdict('203.0.113.1'));
    await until('refused', () => state().state === 'refused' && state().foreign === 1);
    expect(await held(ipv4)).toEqual(['192.0.2.1/32']);
    const adopting = await start({ ipv4, adopt: true });
    await say(adopting.log, verdict('203.0.113.1'));
    await holds(ipv4, '203.0.113.1/32');
  });

  test('what a restart finds is ours because it was decided', async () => {
    const ipv4 = await makeSet('IPV4');
    const { log } = await start({ ipv4 });
    await say(log, verdict('203.0.113.1'), verdict('203.0.113.2'));
    await holds(ipv4, '203.0.113.1/32', '203.0.113.2/32');
    for (const actuator of started.splice(0)) await actuator.stop();
    await say(log, command('release', '203.0.113.1'));
    const again = await start({ ipv4 }, log);
    await holds(ipv4, '203.0.113.2/32');
    expect(again.state().foreign).toBe(0);
  });

  test('a set deleted behind its back, or a wrong credential, is a state that says so', async () => {
    const { state } = await start({ ipv4: { name: 'gone', id: '00000000-0000-0000-0000-000000000000' } });
    await until('missing', () => state().state === 'missing');
    expect(state().detail).toMatch(/IP set gone/);
    fault = () => aws('AccessDeniedException', 403);
    await until('credential', () => state().state === 'credential');
  });

  test('at most the capacity is held, and the rest is counted as left out', async () => {
    const ipv4 = await makeSet('IPV4');
    const { log, state } = await start({ ipv4, capacity: 10_000 });
    const many = Array.from({ length: 10_050 }, (_, index) =>
      verdict(`20.${(index >> 8) & 255}.${index & 255}.1`),
    );
    await say(log, ...many);
    await until('the set is full', async () => (await held(ipv4)).length === 10_000, 60_000);
    await until('the rest is counted', () => state().leftOut === 50 && state().state === 'in_step');
  });

  describe('rule group', () => {
    const known = new Set<string>();
    const visibility = { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: 'm' };
    const makeGroup = async (capacity = 500, Rules: Rule[] = []) => {
      const Name = `tidegate-rules-${++created}`;
      const made = await client.send(
        new CreateRuleGroupCommand({
          Name,
          Scope: 'REGIONAL',
          Capacity: capacity,
          Rules,
          VisibilityConfig: visibility,
          Description: 'kept',
        }),
      );
      const exempt = async (version: 'IPV4' | 'IPV6') => {
        const set = await makeSet(version);
        return { ...set, arn: (await readIpSet(client, set)).IPSet!.ARN! };
      };
      return {
        name: Name,
        id: made.Summary!.Id!,
        capacity,
        exempt_ipv4: await exempt('IPV4'),
        exempt_ipv6: await exempt('IPV6'),
      };
    };
    const rulesOf = async (group: { name: string; id: string }) =>
      (await client.send(new GetRuleGroupCommand({ Name: group.name, Id: group.id, Scope: 'REGIONAL' })))
        .RuleGroup!;
    /** What AWS would check and moto does not. */
    const problems: string[] = [];
    const edgeOf = (values: object, exempt: readonly string[] = []) => {
      fault = (operation, body) => {
        if (operation !== 'UpdateRuleGroup') return null;
        try {
          const sent = JSON.parse(body, (key, value) =>
            key === 'SearchString' ? new Uint8Array(Buffer.from(value, 'base64')) : value,
          ) as { Rules: Rule[] };
          checkRules(sent.Rules, 500);
        } catch (error) {
          problems.push((error as Error).message);
        }
        return null;
      };
      const config = awsWafConfig.parse({
        kind: 'aws-waf',
        name: 'aws',
        region: motoRegion,
        endpoint: proxy.url,
        update_every: '1ms',
        credentials: { access_key_id: 'test', secret_access_key: 'test' },
        ...values,
      });
      const networks = exempt.map((text) => parseNetwork(text)!);
      return createAwsWafEdge(config, dependenciesFor({ name: 'aws', exempt: () => networks }));
    };
    const stores = signatureTarget(
      ['endpoint', 'in', 'GET /stores/{number}/stock'],
      ['ja4', 'in', 't13d1516h2_8daaf6152771_02713d6af862'],
    );

    test('signatures, networks and fingerprints become rules that AWS would take, and go again', async () => {
      const group = await makeGroup();
      const edge = edgeOf({ rule_group: group }, ['198.51.100.0/24', '2001:db8::/48']);
      const entries = [
        entryFor(stores),
        entryFor(other('asn', '64500'), { action: 'challenge' }),
        entryFor(other('country', 'XK'), { action: 'rate_limit' }),
        entryFor(other('ja3', 'cd08e31494f9531f560d64c695473da9')),
      ];
      await converge(edge, entries, known);
      expect(problems).toEqual([]);
      const there = await rulesOf(group);
      expect(there.Description).toBe('kept');
      expect(there.Rules!.map(({ Action }) => Object.keys(Action!)[0]).sort()).toEqual([
        'Block',
        'Block',
        'Block',
        'Challenge',
      ]);
      expect(there.Rules!.filter(({ Statement }) => Statement!.RateBasedStatement).length).toBe(1);
      expect(await held(group.exempt_ipv4)).toEqual(['198.51.100.0/24']);
      expect(await held(group.exempt_ipv6)).toEqual(['2001:db8::/48']);
      for (const entry of entries) known.add(entry.key);
      await converge(edge, entries.slice(0, 1), known);
      expect((await rulesOf(group)).Rules!.length).toBe(1);
      await edge.close();
    });

    test('capacity is counted in the units of AWS, and a smaller group is told', async () => {
      const group = await makeGroup(500);
      // Method 2, path 3 + 20, fingerprint 2, two spared sets 2.
      const edge = edgeOf({ rule_group: { ...group, capacity: 40 } });
      const plan = await converge(edge, [entryFor(stores), entryFor(other('asn', '64500'))], known);
      expect(plan.content.length).toBe(2);
      const tight = edgeOf({ rule_group: { ...group, capacity: 29 } });
      const left = await converge(tight, [entryFor(stores), entryFor(other('asn', '64500'))], known);
      expect(left.leftOut.filter(({ cause }) => cause === 'capacity').length).toBe(1);
      const small = edgeOf({ rule_group: { ...group, capacity: 501 } });
      await expect(planOf(small, [], known)).rejects.toMatchObject({ fault: 'invalid' });
      for (const one of [edge, tight, small]) await one.close();
    });

    test('rules of somebody else are refused, and stay', async () => {
      const theirs: Rule = {
        Name: 'theirs',
        Priority: 0,
        Statement: { GeoMatchStatement: { CountryCodes: ['DE'] } },
        Action: { Block: {} },
        VisibilityConfig: visibility,
      };
      const group = await makeGroup(500, [theirs]);
      const edge = edgeOf({ rule_group: group });
      const plan = await planOf(edge, [entryFor(stores)], known);
      expect(plan.refused).toMatch(/did not write/);
      await edge.apply(plan, new AbortController().signal);
      expect((await rulesOf(group)).Rules!.map(({ Name }) => Name)).toEqual(['theirs']);
      await edge.close();
    });
  });

  test('dry run reads and writes nothing', async () => {
    const ipv4 = await makeSet('IPV4', ['192.0.2.1/32']);
    const { log, state, actuator } = await start({ ipv4, dry_run: true });
    await say(log, verdict('203.0.113.1'));
    await until('planned', async () => (await actuator.planEdge('aws')).refused !== null);
    expect(state().state).toBe('dry_run');
    expect(await held(ipv4)).toEqual(['192.0.2.1/32']);
  });
});
