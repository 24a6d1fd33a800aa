import { describe, expect, test } from 'vitest';
import {
  converge,
  dependenciesFor,
  edgeContract,
  entryFor,
  ip,
  other,
  planOf,
  signatureTarget,
  steadyDependencies,
} from '../../../test/counterparts/vendors/edge-contract.ts';
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../../test/counterparts/vendors/webhook-receiver.ts';
import { createWebhookEdge, webhookConfig, webhookSignature } from './webhook.ts';

const configFor = (standIn: WebhookReceiver, more: object = {}) =>
  webhookConfig.parse({
    kind: 'webhook',
    name: 'edge',
    url: `${standIn.server.url}/hooks/secret-path?token=abc`,
    secret: standIn.secret,
    heartbeat: '100000d',
    timeout: '2s',
    ...more,
  });

edgeContract({
  name: 'Webhook',
  async start(capacity) {
    const standIn = await startWebhookReceiver();
    return {
      standIn,
      create: (dependencies) => createWebhookEdge(configFor(standIn, { capacity }), dependencies),
      close: () => standIn.server.close(),
    };
  },
  targets: [
    ip('203.0.113.1'),
    ip('198.51.100.0/24'),
    other('asn', '64500'),
    other('session', 'k1.abc'),
    other('account', 'k1.def'),
    signatureTarget(['country', 'in', 'XK']),
  ],
  foreign: [],
  refusesForeign: false,
  vanished: null,
  runs: 8,
});

describe('Webhook', () => {
  const known = new Set<string>();
  const start = async (more: object = {}, dependencies = steadyDependencies()) => {
    const standIn = await startWebhookReceiver();
    return { standIn, edge: createWebhookEdge(configFor(standIn, more), dependencies) };
  };
  const entries = ['203.0.113.1', '203.0.113.2'].map((value) => entryFor(ip(value)));

  test('a snapshot first, then changes alone, in order', async () => {
    const { standIn, edge } = await start();
    await converge(edge, entries.slice(0, 1), known);
    await converge(edge, entries, known);
    await converge(edge, entries.slice(1), known);
    const [first, second, third] = standIn.messages();
    expect(first).toMatchObject({ kind: 'snapshot', part: 1, of: 1, previous: null });
    expect(second).toMatchObject({
      kind: 'delta',
      previous: first!.sequence,
      changes: [{ change: 'set', key: entries[1]!.key, reason: 'failing logins' }],
    });
    expect(third).toMatchObject({ changes: [{ change: 'remove', key: entries[0]!.key }] });
    await standIn.server.close();
  });

  test('a receiver that lost its state asks for everything, and gets it', async () => {
    const { standIn, edge } = await start();
    await converge(edge, entries.slice(0, 1), known);
    standIn.forget();
    await converge(edge, entries, known);
    expect(standIn.messages().map(({ kind }) => kind)).toEqual(['snapshot', 'delta', 'snapshot']);
    expect(standIn.keys().length).toBe(2);
    await standIn.server.close();
  });

  test('a message whose answer was lost is followed by a snapshot', async () => {
    // With a clock that stands still, too: a number is used once.
    const { standIn, edge } = await start();
    await converge(edge, entries.slice(0, 1), known);
    let cuts = 1;
    standIn.server.mishap = () => (cuts-- > 0 ? 'cut_after' : null);
    await converge(edge, entries, known);
    expect(standIn.messages().map(({ kind }) => kind)).toEqual(['snapshot', 'delta', 'snapshot']);
    await standIn.server.close();
  });

  test('a heartbeat is an empty change', async () => {
    let clock = 1_800_000_000_000;
    const dependencies = { ...dependenciesFor(), now: () => clock };
    const { standIn, edge } = await start({ heartbeat: '5m' }, dependencies);
    await converge(edge, entries, known);
    clock += 300_000;
    await converge(edge, entries, known);
    expect(standIn.messages().at(-1)).toMatchObject({ kind: 'delta', changes: [] });
    await standIn.server.close();
  });

  test('2,500 entries are three parts, and take effect with the last', async () => {
    const { standIn, edge } = await start();
    const many = Array.from({ length: 2500 }, (_, index) =>
      entryFor(ip(`20.0.${index >> 8}.${index & 255}`)),
    );
    await converge(edge, many, known);
    expect(standIn.messages().map((message) => 'part' in message && message.part)).toEqual([1, 2, 3]);
    expect(standIn.keys().length).toBe(2500);
    await standIn.server.close();
  });

  test('neither the secret nor the address appears in a message of an error', async () => {
    const { standIn, edge } = await start();
    standIn.revoke();
    const plan = await planOf(edge, entries, known);
    const error = await edge.apply(plan, new AbortController().signal).then(
      () => null,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ fault: 'credential' });
    expect(error!.message).not.toMatch(/secret|token=abc/);
    await standIn.server.close();
  });

  test('the signature covers time and body', () => {
    const signed = webhookSignature('0123456789abcdef', 1_800_000_000, '{"a":1}');
    // printf '1800000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
    expect(signed).toBe('t=1800000000,v1=d3e17924cac4a72ca2ee9e5700df170fdb5733eaf69ecd909fb0c18a962b03a5');
  });
});
