import { describe, expect, test } from 'vitest';
import { type CrowdsecStandIn, startCrowdsecStandIn } from '../../../test/counterparts/vendors/crowdsec.ts';
import {
  converge,
  dependenciesFor,
  edgeContract,
  entryFor,
  ip,
  other,
  steadyDependencies,
} from '../../../test/counterparts/vendors/edge-contract.ts';
import { createCrowdsecLapiEdge, crowdsecLapiConfig } from './crowdsec-lapi.ts';

const configFor = (standIn: CrowdsecStandIn, more: object = {}) =>
  crowdsecLapiConfig.parse({
    kind: 'crowdsec-lapi',
    name: 'edge',
    url: standIn.server.url,
    ...standIn.access,
    timeout: '2s',
    ...more,
  });

edgeContract({
  name: 'CrowdSec local API',
  async start(capacity) {
    const standIn = await startCrowdsecStandIn();
    return {
      standIn,
      create: (dependencies) => createCrowdsecLapiEdge(configFor(standIn, { capacity }), dependencies),
      close: () => standIn.server.close(),
    };
  },
  targets: [
    ip('203.0.113.1'),
    ip('203.0.113.128/25'),
    ip('2001:db8::1'),
    // As a token may end: it is no length of a network.
    other('session', 'k1.c2Vzc2lvbg/32'),
    other('asn', '64500'),
    other('country', 'XK'),
    other('ja4', 't13d1516h2_8daaf6152771_02713d6af862'),
  ],
  foreign: ['ip4|192.0.2.1/32', 'ip4|192.0.2.0/24'],
  refusesForeign: false,
  vanished: null,
  runs: 8,
});

describe('CrowdSec local API', () => {
  test('a local API that was started again is logged in to once more', async () => {
    const standIn = await startCrowdsecStandIn();
    const edge = createCrowdsecLapiEdge(configFor(standIn), steadyDependencies());
    await converge(edge, [entryFor(ip('203.0.113.1'))], new Set());
    standIn.restart();
    const both = [entryFor(ip('203.0.113.1')), entryFor(ip('203.0.113.2'))];
    await converge(edge, both, new Set(), 3);
    expect(standIn.keys().length).toBe(2);
    await standIn.server.close();
  });

  test('a decision that is extended, or made milder, is replaced without a gap', async () => {
    const standIn = await startCrowdsecStandIn();
    const edge = createCrowdsecLapiEdge(configFor(standIn), dependenciesFor());
    const entry = entryFor(ip('203.0.113.1'));
    await converge(edge, [entry], new Set());
    const from = standIn.server.calls.length;
    await converge(edge, [{ ...entry, expiresAt: entry.expiresAt + 10 * 86_400_000_000 }], new Set());
    const writes = standIn.server.calls
      .slice(from)
      .filter(({ path, method }) => method !== 'GET' && !path.endsWith('login'))
      .map(({ method }) => method);
    expect(writes).toEqual(['POST', 'DELETE']);
    await converge(edge, [{ ...entry, action: 'challenge' }], new Set());
    expect(standIn.decisions().map(({ type }) => type)).toEqual(['captcha']);
    await standIn.server.close();
  });
});
