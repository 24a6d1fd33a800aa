import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';
import { bySeverity } from '../choose-entries.ts';
import { type Edge, type Entry, entryKinds, type VendorEdgeDependencies } from '../edge.ts';
import type { Plan } from '../reconcile.ts';
import { inBatches } from '../vendor/vendor-entries.ts';
import { commonEdgeFields } from './edge-config.ts';
import { createServedList } from './served-list.ts';

/** Tells a system of your own what is to be stopped: a snapshot first, then changes, each message signed. */
export const webhookConfig = z.strictObject({
  kind: z.literal('webhook'),
  ...commonEdgeFields,
  url: z.url().describe('Where messages are posted to'),
  secret: z.string().min(16).describe('Key of the signature (HMAC-SHA256), at least 16 characters'),
  kinds: z
    .array(z.enum(entryKinds))
    .min(1)
    .default([...entryKinds])
    .describe('Kinds of entries that the receiver understands'),
  capacity: z.int().positive().default(100_000).describe('Most entries'),
  heartbeat: durationField('5m').describe('An empty message after this time without another'),
  timeout: durationField('10s').describe('Longest time one message may take'),
});
export type WebhookConfig = z.output<typeof webhookConfig>;

const messageSize = 1000;

/** The header that proves who sent the body, and when: `t=SECONDS,v1=HEX`. Tests of receivers use it too. */
export function webhookSignature(secret: string, seconds: number, body: string): string {
  const hex = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${hex}`;
}

/**
 * The receiver is not read: what it acknowledged is what it has. A message that was not acknowledged, or an answer
 * `{"resync": true}`, is followed by a snapshot, so both sides agree again whatever was lost.
 */
export function createWebhookEdge(config: WebhookConfig, dependencies: VendorEdgeDependencies): Edge {
  const { name, now, vendorHttp } = dependencies;
  const { pathname, search } = new URL(config.url);
  const client = vendorHttp.client({
    edge: name,
    vendor: 'webhook',
    // The address is often a secret itself.
    secrets: [config.secret, pathname + search, pathname.length > 1 ? pathname : ''],
    baseUrl: config.url,
    authorize: ({ body }) => ({
      'tidegate-signature': webhookSignature(config.secret, Math.floor(now() / 1000), body),
    }),
    limits: { requests: { capacity: 600, refillMs: 60_000 } },
    timeoutMs: config.timeout,
    anyBody: true,
  });
  const list = createServedList(() => {});
  /** Of the last message that went out, and of the last that was answered: a number is used once, whatever became of it. */
  let sequence = 0;
  let answered = 0;
  let lastAt = 0;
  /** What the receiver has is not known. */
  let isLost = true;

  const send = async (message: object, signal: AbortSignal): Promise<void> => {
    const previous = answered === 0 ? null : answered;
    // Numbers go on after a restart, without a file to keep them.
    sequence = Math.max(sequence + 1, now());
    const own = sequence;
    const body = { version: 1, edge: name, sequence: own, previous, sent_at: iso(now()), ...message };
    const answer = await client.request({ method: 'POST', path: '', body, expect: [409] }, signal);
    answered = own;
    lastAt = now();
    const said = answer.json as { readonly resync?: unknown } | null;
    if (answer.status === 409 || said?.resync === true) isLost = true;
  };
  const sendSnapshot = async (entries: readonly Entry[], signal: AbortSignal): Promise<void> => {
    const parts = [...inBatches(entries, messageSize)];
    const of = Math.max(1, parts.length);
    for (let part = 0; part < of && !isLost; part++)
      await send({ kind: 'snapshot', part: part + 1, of, entries: (parts[part] ?? []).map(shown) }, signal);
  };
  const sendDelta = async (plan: Plan, signal: AbortSignal): Promise<void> => {
    const changes = [
      ...plan.remove.map((entry) => ({
        change: 'remove',
        key: entry.key,
        kind: entry.kind,
        value: entry.value,
      })),
      ...[...plan.update, ...plan.add].map((entry) => ({ change: 'set', ...shown(entry) })),
    ];
    if (changes.length === 0) return send({ kind: 'delta', changes }, signal);
    for (const batch of inBatches(changes, messageSize))
      await send({ kind: 'delta', changes: batch }, signal);
  };

  return {
    descriptor: {
      kind: 'webhook',
      pools: [{ name: 'entries', holds: config.kinds, capacity: config.capacity }],
      actions: ['tag', 'rate_limit', 'challenge', 'block'],
      replaceOnly: false,
      longestV6Prefix: 128,
      ruleLanguage: 'none',
      nativeTtl: true,
      lock: 'none',
      isVolatile: true,
      scope: 'account',
      coalesceMs: 500,
    },
    countsRequests: true,
    observe: async () => {
      const observed = list.observe();
      if (isLost) return { ...observed, damaged: 'the receiver is to be told everything' };
      return now() - lastAt >= config.heartbeat ? { ...observed, damaged: 'a heartbeat is due' } : observed;
    },
    async apply(plan, signal) {
      const wasLost = isLost || list.entries === null;
      isLost = false;
      try {
        if (wasLost) {
          const retained = new Set(plan.retained.map((entry) => entry.key));
          const held = (list.entries ?? []).filter((entry) => retained.has(entry.key));
          await sendSnapshot([...bySeverity(plan.content), ...held], signal);
        } else await sendDelta(plan, signal);
      } catch (error) {
        isLost = true;
        throw error;
      }
      list.apply(plan);
    },
    close: async () => {},
  };
}

function shown(entry: Entry): object {
  return {
    key: entry.key,
    kind: entry.kind,
    value: entry.value,
    action: entry.action,
    decision_id: entry.decisionId,
    site: entry.site,
    level: entry.level,
    reason: entry.reason,
    requests: entry.requests,
    decided_at: iso(entry.decidedAt),
    expires_at: iso(entry.expiresAt),
    ...(entry.target.signature === null ? {} : { signature: entry.target.signature }),
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
