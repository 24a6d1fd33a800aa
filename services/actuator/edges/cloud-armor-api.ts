import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { EdgeError } from '../edge.ts';
import { createGoogleToken, type ServiceAccountKey } from '../vendor/google-token.ts';
import { poll } from '../vendor/poll.ts';
import { inBatches } from '../vendor/vendor-entries.ts';
import { answerAs, type VendorAnswer, type VendorHttp } from '../vendor/vendor-http.ts';

/**
 * What the Cloud Armor edge calls: address groups (Network Security API v1) and rules of a security policy (Compute
 * API v1). Contract: Google's REST reference. All throw EdgeError.
 */

const addressGroup = z.object({
  type: z.string(),
  capacity: z.coerce.number(),
  items: z.array(z.string()).nullish(),
});
export type AddressGroup = z.output<typeof addressGroup>;

const securityRule = z.object({
  priority: z.number(),
  action: z.string(),
  description: z.string().nullish(),
  preview: z.boolean().nullish(),
  match: z.object({ expr: z.object({ expression: z.string().nullish() }).nullish() }).nullish(),
});
export type SecurityRule = z.output<typeof securityRule>;
export interface NewSecurityRule {
  readonly priority: number;
  readonly action: string;
  readonly description: string;
  readonly match: { readonly expr: { readonly expression: string } };
}

export interface CloudArmorApi {
  group(name: string, signal: AbortSignal): Promise<AddressGroup>;
  changeGroup(
    name: string,
    change: 'addItems' | 'removeItems',
    items: readonly string[],
    signal: AbortSignal,
  ): Promise<void>;
  rules(policy: string, signal: AbortSignal): Promise<readonly SecurityRule[]>;
  addRule(policy: string, rule: NewSecurityRule, signal: AbortSignal): Promise<void>;
  patchRule(policy: string, rule: NewSecurityRule, signal: AbortSignal): Promise<void>;
  removeRule(policy: string, priority: number, signal: AbortSignal): Promise<void>;
}

export interface CloudArmorApiOptions {
  readonly edge: string;
  readonly key: ServiceAccountKey | null;
  readonly networkSecurityUrl: string;
  readonly computeUrl: string;
  readonly metadataUrl: string;
  readonly timeoutMs: number;
  readonly pollMs: number;
  readonly operationMs: number;
  readonly now: () => number;
}

const batchSize = 1000;
const operationError = z.object({ code: z.coerce.number().nullish(), message: z.string().nullish() });

export function openCloudArmorApi(http: VendorHttp, options: CloudArmorApiOptions): CloudArmorApi {
  const { key, timeoutMs } = options;
  const token = createGoogleToken({ key, metadataUrl: options.metadataUrl, timeoutMs, now: options.now });
  const client = (vendor: string, baseUrl: string) =>
    http.client({
      edge: options.edge,
      vendor,
      secrets: key === null ? ['metadata'] : [key.client_email, key.private_key],
      baseUrl,
      authorize: async (_request, signal) => ({ authorization: `Bearer ${await token(signal)}` }),
      limits: { requests: { capacity: 300, refillMs: 60_000 } },
      timeoutMs,
      explain: (status, json) => {
        const said = z
          .object({ error: z.object({ message: z.string(), status: z.string().nullish() }) })
          .safeParse(json).data?.error;
        if (said === undefined) return null;
        const message = `${said.status ?? ''} ${said.message}`.trim();
        // Both are 403 or 429 with Google: a quota that fills with time, and one that does not.
        if (/rateLimitExceeded|RATE_LIMIT|per minute/i.test(message)) return { fault: 'throttled', message };
        if (isFull(message)) return { fault: 'full', message };
        // ABORTED: another change of the same resource is running.
        if (said.status === 'ABORTED' || status === 412) return { fault: 'conflict', message };
        return { message };
      },
    });
  const networkSecurity = client('google-network-security', options.networkSecurityUrl);
  const compute = client('google-compute', options.computeUrl);

  const requestIds = createRequestIds();
  const pollOptions = (what: string, signal: AbortSignal) =>
    ({ what, everyMs: options.pollMs, withinMs: options.operationMs, signal }) as const;
  const failedWith = (error: z.output<typeof operationError>): EdgeError => {
    const message = `operation failed: ${error.message ?? 'no reason given'}`;
    if (isFull(message)) return new EdgeError('full', message);
    return new EdgeError(error.code === 10 ? 'conflict' : 'rejected', message);
  };
  const groupOperation = z.object({
    name: z.string(),
    done: z.boolean().nullish(),
    error: operationError.nullish(),
  });
  const finishedGroup = async (answer: VendorAnswer, signal: AbortSignal): Promise<void> => {
    let operation = answerAs(groupOperation, answer, 'operation');
    await poll<true>(
      async () => {
        if (operation.done !== true) {
          const looked = await networkSecurity.request(
            { method: 'GET', path: `/v1/${operation.name}` },
            signal,
          );
          operation = answerAs(groupOperation, looked, 'operation');
        }
        if (operation.error != null) throw failedWith(operation.error);
        return operation.done === true ? true : null;
      },
      pollOptions('the change of the address group', signal),
    );
  };
  const ruleOperation = z.object({
    name: z.string(),
    status: z.string(),
    error: z.object({ errors: z.array(operationError) }).nullish(),
  });
  const changeRule = async (
    policy: string,
    change: string,
    query: { readonly [name: string]: string | number },
    body: object | undefined,
    signal: AbortSignal,
  ): Promise<void> => {
    const path = `/compute/v1/${policy}/${change}`;
    const sent = await compute.request(
      { method: 'POST', path, query, ...(body === undefined ? {} : { body }) },
      signal,
    );
    let operation = answerAs(ruleOperation, sent, 'operation');
    // projects/P/global/securityPolicies/N: operations are beside the policies.
    const operations = `/compute/v1/${policy.split('/').slice(0, -2).join('/')}/operations`;
    await poll<true>(
      async () => {
        if (operation.status !== 'DONE') {
          const looked = await compute.request(
            { method: 'GET', path: `${operations}/${operation.name}` },
            signal,
          );
          operation = answerAs(ruleOperation, looked, 'operation');
        }
        const error = operation.error?.errors[0];
        if (error !== undefined) throw failedWith(error);
        return operation.status === 'DONE' ? true : null;
      },
      pollOptions('the change of the security policy', signal),
    );
  };

  return {
    group: async (name, signal) =>
      answerAs(
        addressGroup,
        await networkSecurity.request({ method: 'GET', path: `/v1/${name}` }, signal),
        'address group',
      ),
    async changeGroup(name, change, items, signal) {
      for (const batch of inBatches(items, batchSize)) {
        const body = { items: batch, requestId: requestIds.of([name, change, batch]) };
        try {
          const path = `/v1/${name}:${change}`;
          await finishedGroup(await networkSecurity.request({ method: 'POST', path, body }, signal), signal);
        } catch (error) {
          // Only a change whose answer was lost may be asked for under the same id again.
          if (!(error instanceof EdgeError && error.fault === 'unavailable')) requestIds.renew();
          throw error;
        }
        requestIds.renew();
      }
    },
    rules: async (policy, signal) =>
      answerAs(
        z.object({ rules: z.array(securityRule).nullish() }),
        await compute.request({ method: 'GET', path: `/compute/v1/${policy}` }, signal),
        'security policy',
      ).rules ?? [],
    addRule: (policy, rule, signal) => changeRule(policy, 'addRule', {}, rule, signal),
    patchRule: (policy, rule, signal) =>
      changeRule(policy, 'patchRule', { priority: rule.priority }, rule, signal),
    removeRule: (policy, priority, signal) =>
      changeRule(policy, 'removeRule', { priority }, undefined, signal),
  };
}

/**
 * Google ignores a second request with the same id for an hour. The same change gets the same id until its outcome is
 * known, so that a retry after a lost answer does nothing twice, and a change there and back is not swallowed.
 */
function createRequestIds(): { of(change: unknown): string; renew(): void } {
  let generation = randomUUID();
  return {
    of(change) {
      const hex = createHash('sha256')
        .update(JSON.stringify([generation, change]))
        .digest('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    },
    renew() {
      generation = randomUUID();
    },
  };
}

function isFull(message: string): boolean {
  return /\b(quota|capacity|limit|exceed)/i.test(message);
}
