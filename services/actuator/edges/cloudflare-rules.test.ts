import { describe, expect, test } from 'vitest';
import { parseNetwork } from '../../../lib/ip.ts';
import { canonicalSignature } from '../../../lib/signature/signature.ts';
import {
  accountId,
  asnList,
  type CloudflareStandIn,
  exemptList,
  ipList,
  ruleset,
  startCloudflare,
  zoneId,
} from '../../../test/counterparts/vendors/cloudflare.ts';
import { parseCloudflare } from '../../../test/counterparts/vendors/cloudflare-language.ts';
import {
  converge,
  dependenciesFor,
  edgeContract,
  entryFor,
  ip,
  other,
  planOf,
  signatureTarget,
} from '../../../test/counterparts/vendors/edge-contract.ts';
import { createRuleNames } from '../rules/entry-condition.ts';
import { cloudflareConfig, createCloudflareEdge } from './cloudflare.ts';

const configFor = (standIn: CloudflareStandIn, capacity = 20, more: object = {}) =>
  cloudflareConfig.parse({
    kind: 'cloudflare',
    name: 'edge',
    account_id: accountId,
    zone_id: zoneId,
    token: standIn.token,
    ip_list: ipList,
    asn_list: asnList,
    rules: {
      ruleset_id: ruleset,
      capacity,
      exempt_list: { id: exemptList, name: 'tidegate_exempt' },
      regex: true,
      bot_management: true,
    },
    endpoint: standIn.server.url,
    timeout: '2s',
    poll_every: '1ms',
    operation_timeout: '2s',
    ...more,
  });
const names = createRuleNames('edge');
const keyOfRef = (ref: string): string | null => {
  names.learn(targets.map((target) => entryFor(target)));
  return ref.startsWith('tidegate_') ? names.nameOf(ref.slice('tidegate_'.length)).key : null;
};
const stores = signatureTarget(
  ['endpoint', 'in', 'GET /stores/{number}/stock'],
  ['browser', 'in', 'chrome'],
  ['browser_version', 'lte', '88'],
);

const targets = [
  ip('203.0.113.1'),
  other('asn', '64500'),
  other('ja4', 't13d1516h2_8daaf6152771_02713d6af862'),
  other('country', 'XK'),
  stores,
  signatureTarget(['country', 'in', 'XK'], ['has_referer', 'in', 'no']),
  signatureTarget(['user_agent', 'in', 'curl/8.5.0']),
];

edgeContract({
  name: 'Cloudflare rules',
  async start(capacity) {
    const standIn = await startCloudflare({ capacity: 1000, checkExpression: parseCloudflare, keyOfRef });
    return {
      standIn,
      create: (dependencies) => createCloudflareEdge(configFor(standIn, capacity), dependencies),
      close: () => standIn.server.close(),
    };
  },
  targets,
  foreign: ['signature|rule 000000000000000000000000000000f1', 'ip4|192.0.2.0/24'],
  refusesForeign: false,
  runs: 6,
});

describe('Cloudflare rules', () => {
  const known = new Set<string>();
  const start = async (exempt: readonly string[] = []) => {
    const standIn = await startCloudflare({ capacity: 1000, checkExpression: parseCloudflare });
    const spared = [...exempt];
    const edge = createCloudflareEdge(
      configFor(standIn),
      dependenciesFor({ exempt: () => spared.map((text) => parseNetwork(text)!) }),
    );
    return { standIn, edge, spared };
  };

  test('attack C is a rule without any address, and networks to be spared are in its list before it', async () => {
    const { standIn, edge, spared } = await start(['198.51.100.0/24', '2001:db8::1/128', '224.0.0.0/4']);
    await converge(edge, [entryFor(stores)], known);
    expect(standIn.items(ipList)).toEqual([]);
    expect(standIn.items(exemptList).map(({ value }) => value)).toEqual(['198.51.100.0/24', '2001:db8::/64']);
    const [rule] = standIn.rules();
    expect(rule!.action).toBe('block');
    const selects = parseCloudflare(rule!.expression);
    const attacker = {
      method: 'GET',
      path: '/stores/17/stock',
      user_agent:
        'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/61.0 Safari/537.36',
      inNetwork: () => false,
    };
    expect(selects(attacker)).toBe(true);
    expect(selects(attacker, (list) => list === 'tidegate_exempt')).toBe(false);
    expect(selects({ ...attacker, user_agent: attacker.user_agent.replace('61', '131') })).toBe(false);
    expect(selects({ ...attacker, path: '/stores/17' })).toBe(false);
    spared.splice(0);
    await converge(edge, [entryFor(stores)], known);
    expect(standIn.items(exemptList)).toEqual([]);
  });

  test('a rule that somebody edited or switched off is written again; a challenge is a managed one', async () => {
    const { standIn, edge } = await start();
    const entry = entryFor(stores, { action: 'challenge' });
    await converge(edge, [entry], known);
    expect(standIn.rules()[0]!.action).toBe('managed_challenge');
    Object.assign(standIn.rules()[0]!, { enabled: false, expression: 'ssl' });
    const plan = await planOf(edge, [entry], known);
    expect(plan).toMatchObject({ add: [], remove: [], rewrite: true });
    await converge(edge, [entry], known);
    expect(standIn.rules()[0]).toMatchObject({ enabled: true, action: 'managed_challenge' });
    await converge(edge, [{ ...entry, action: 'block' }], known);
    expect(standIn.rules()[0]!.action).toBe('block');
  });

  test('an address can not be challenged by a list', async () => {
    const { edge } = await start();
    const plan = await planOf(edge, [entryFor(ip('203.0.113.1'), { action: 'challenge' })], known);
    expect(plan.add.length).toBe(0);
  });

  test('the text of a signature is its name', () => {
    expect(stores.value).toBe(canonicalSignature(stores.signature!));
  });
});
