import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { StandIn } from './stand-in.ts';
import { startVendorServer, type VendorCall, type VendorReply } from './vendor-server.ts';

/** A receiver of webhooks as docs/howto/edges/webhook.md tells people to write one. */

const entry = z.strictObject({
  key: z.string(),
  kind: z.string(),
  value: z.string(),
  action: z.enum(['tag', 'rate_limit', 'challenge', 'block']),
  decision_id: z.string(),
  site: z.string(),
  level: z.string(),
  reason: z.string(),
  requests: z.number(),
  decided_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  signature: z.unknown().optional(),
});
const common = {
  version: z.literal(1),
  edge: z.string(),
  sequence: z.int(),
  previous: z.int().nullable(),
  sent_at: z.iso.datetime(),
};
const message = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('snapshot'),
    part: z.int(),
    of: z.int(),
    entries: z.array(entry).max(1000),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('delta'),
    changes: z
      .array(
        z.discriminatedUnion('change', [
          z.strictObject({
            change: z.literal('remove'),
            key: z.string(),
            kind: z.string(),
            value: z.string(),
          }),
          z.strictObject({ change: z.literal('set'), ...entry.shape }),
        ]),
      )
      .max(1000),
  }),
]);

export interface WebhookReceiver extends StandIn {
  readonly secret: string;
  messages(): readonly z.output<typeof message>[];
  /** What it holds, by key. */
  entries(): ReadonlyMap<string, z.output<typeof entry>>;
  /** Forgets everything, as a receiver that was restored from nothing. */
  forget(): void;
}

/** `delay`: what is waited for before a message that is in order is taken. */
export async function startWebhookReceiver(
  delay?: (call: VendorCall) => Promise<void>,
): Promise<WebhookReceiver> {
  const secret = 'a-secret-of-the-webhook';
  let isRevoked = false;
  let held = new Map<string, z.output<typeof entry>>();
  let coming = new Map<string, z.output<typeof entry>>();
  let last: number | null = null;
  const messages: z.output<typeof message>[] = [];
  const violations: string[] = [];

  const isSigned = (call: VendorCall): boolean => {
    const [, seconds = '', hex = ''] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(call.headers['tidegate-signature'])) ?? [];
    const expected = createHmac('sha256', isRevoked ? 'another' : secret)
      .update(`${seconds}.${call.text}`)
      .digest();
    return hex !== '' && timingSafeEqual(expected, Buffer.from(hex, 'hex'));
  };
  const take = (said: z.output<typeof message>): VendorReply => {
    // A replay, or somebody else has written since.
    if (last !== null && said.sequence <= last) return { status: 200, json: { resync: true } };
    if (said.kind === 'snapshot') {
      if (said.part === 1) coming = new Map();
      else if (said.previous !== last) return { status: 200, json: { resync: true } };
      for (const one of said.entries) coming.set(one.key, one);
      if (said.part === said.of) held = coming;
      last = said.sequence;
      return { status: 204 };
    }
    // A message is missing in between: everything, please.
    if (said.previous !== last) return { status: 200, json: { resync: true } };
    for (const one of said.changes) {
      if (one.change === 'remove') held.delete(one.key);
      else {
        const { change: _, ...rest } = one;
        held.set(one.key, rest);
      }
    }
    last = said.sequence;
    return { status: 204 };
  };
  const server = await startVendorServer(async (call) => {
    if (!isSigned(call)) return { status: 401, json: { message: 'the signature is not good' } };
    const parsed = message.safeParse(call.body);
    if (!parsed.success) {
      violations.push(`${z.prettifyError(parsed.error)} ${call.text.slice(0, 300)}`);
      return { status: 400 };
    }
    messages.push(parsed.data);
    await delay?.(call);
    return take(parsed.data);
  });
  return {
    server,
    secret,
    violations,
    messages: () => messages,
    entries: () => held,
    forget() {
      held = new Map();
      last = null;
    },
    keys: () => [...held.keys()],
    plant() {},
    vanish() {},
    revoke() {
      isRevoked = true;
    },
  };
}
