import { z } from 'zod';
import { durationField } from '../../../lib/duration.ts';
import { formatNetwork, isV4, parseNetwork } from '../../../lib/ip.ts';
import { type Edge, type EdgeDependencies, EdgeError, type ObservedEntry } from '../edge.ts';
import type { Plan } from '../reconcile.ts';
import type { AwsWafClient, SetState } from './aws-waf-client.ts';
import { commonEdgeFields } from './edge-config.ts';

const ipSet = z.strictObject({ name: z.string().min(1), id: z.string().min(1) });

/** Contents of AWS WAFv2 IP sets that the owner's Terraform created and refers to in a rule. */
export const awsWafConfig = z
  .strictObject({
    kind: z.literal('aws-waf'),
    ...commonEdgeFields,
    region: z.string().min(1).describe('Region of the sets; us-east-1 for CLOUDFRONT'),
    scope: z.enum(['REGIONAL', 'CLOUDFRONT']).default('REGIONAL'),
    ipv4: ipSet.optional().describe('The IPv4 set, for Tidegate alone'),
    ipv6: ipSet.optional().describe('The IPv6 set, for Tidegate alone'),
    /** AWS allows 10,000; lower it to keep room. */
    capacity: z.int().positive().max(10_000).default(10_000).describe('Most addresses a set'),
    /** AWS allows one update a second for a whole account and region. */
    update_every: durationField('2s').describe('Least time between two updates'),
    endpoint: z.url().optional().describe('Other endpoint, for a VPC endpoint or tests'),
    credentials: z
      .strictObject({ access_key_id: z.string(), secret_access_key: z.string() })
      .optional()
      .describe('Left out: the default chain (role, IRSA, profile)'),
  })
  .refine((config) => config.ipv4 !== undefined || config.ipv6 !== undefined, {
    error: 'name at least one of ipv4 and ipv6',
  })
  .refine((config) => config.scope !== 'CLOUDFRONT' || config.region === 'us-east-1', {
    error: 'CLOUDFRONT sets are only reachable in us-east-1',
    path: ['region'],
  });
export type AwsWafConfig = z.output<typeof awsWafConfig>;

/**
 * An update replaces a whole set, under the lock token of the last read: a writer in between is noticed, and the loop
 * looks again. Addresses carry no mark, so whatever was never decided counts as foreign.
 */
export function createAwsWafEdge(config: AwsWafConfig, _dependencies: EdgeDependencies): Edge {
  /** The SDK is large: it is loaded by those who have such an edge, at its first use. */
  let opening: Promise<AwsWafClient> | null = null;
  const client = (): Promise<AwsWafClient> => {
    opening ??= import('./aws-waf-client.ts').then((module) => module.openAwsWafClient(config));
    return opening;
  };
  const sets: SetState[] = [];
  for (const [kind, given] of [
    ['ip4', config.ipv4],
    ['ip6', config.ipv6],
  ] as const)
    if (given !== undefined) sets.push({ kind, ...given, lockToken: null, description: undefined });
  let nextUpdateAt = 0;

  const pace = async (signal: AbortSignal): Promise<void> => {
    const waitMs = nextUpdateAt - Date.now();
    nextUpdateAt = Math.max(Date.now(), nextUpdateAt) + config.update_every;
    if (waitMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      signal.addEventListener('abort', () => resolve(void clearTimeout(timer)), { once: true });
    });
    if (signal.aborted) throw new EdgeError('unavailable', 'stopping');
  };
  const write = async (set: SetState, addresses: readonly string[], signal: AbortSignal): Promise<void> => {
    for (const address of addresses) checkAddress(set, address);
    if (addresses.length > 10_000)
      throw new EdgeError('full', `IP set ${set.name}: ${addresses.length} addresses`);
    await pace(signal);
    await (await client()).update(set, addresses, signal);
  };

  return {
    descriptor: {
      kind: 'aws-waf',
      pools: sets.map((set) => ({ name: `set ${set.name}`, holds: [set.kind], capacity: config.capacity })),
      actions: ['block'],
      replaceOnly: true,
      longestV6Prefix: 128,
      ruleLanguage: 'none',
      nativeTtl: false,
      lock: 'token',
      scope: 'account',
      coalesceMs: 2000,
    },
    async observe(signal) {
      const entries: ObservedEntry[] = [];
      for (const set of sets) {
        const addresses = await (await client()).read(set, signal);
        for (const address of addresses) {
          const network = parseNetwork(address);
          const value = network === null ? address : formatNetwork(network);
          entries.push({
            key: `${set.kind}|${value}`,
            kind: set.kind,
            value,
            owner: 'unmarked',
            decisionId: null,
            action: null,
            expiresAt: null,
          });
        }
      }
      return { entries, damaged: null };
    },
    async apply(plan: Plan, signal) {
      const changed = new Set([...plan.add, ...plan.update, ...plan.remove].map((entry) => entry.kind));
      for (const set of sets) {
        if (!changed.has(set.kind)) continue;
        const addresses = [...plan.content, ...plan.retained].filter((entry) => entry.kind === set.kind);
        await write(set, [...new Set(addresses.map((entry) => entry.value))], signal);
      }
    },
    close: async () => (await opening)?.close(),
  };
}

/** AWS answers a bad address with an error for the whole set: refuse it here, by name. */
function checkAddress(set: SetState, address: string): void {
  const network = parseNetwork(address);
  const family = network !== null && isV4(network.address) && network.prefix >= 96 ? 'ip4' : 'ip6';
  const isAll = network !== null && (network.prefix === 0 || (family === 'ip4' && network.prefix === 96));
  if (network === null || family !== set.kind || isAll)
    throw new EdgeError('invalid', `IP set ${set.name} can not hold ${JSON.stringify(address)}`);
}
