import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';
import { type Edge, EdgeError, type EntryKind, type VendorEdgeDependencies } from '../edge.ts';
import { ruleKinds } from '../rules/entry-condition.ts';
import { composedEdge, type EdgePart } from '../vendor/composed-edge.ts';
import { pause } from '../vendor/poll.ts';
import type { AwsWafClient } from './aws-waf-client.ts';
import { type AwsWafAccess, ipSetPart, newSet } from './aws-waf-ip-set.ts';
import { ruleGroupPart } from './aws-waf-rule-group.ts';
import { commonEdgeFields } from './edge-config.ts';

const ipSet = z.strictObject({ name: z.string().min(1), id: z.string().min(1) });
const exemptSet = ipSet.extend({ arn: z.string().startsWith('arn:') });

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
    /** Opt-in: without it only the contents of IP sets are managed. */
    rule_group: z
      .strictObject({
        name: z.string().min(1),
        id: z.string().min(1),
        capacity: z.int().positive().max(5000).describe('Web ACL capacity units it was created with'),
        exempt_ipv4: exemptSet.describe('Networks that no rule may stop; Tidegate fills it alone'),
        exempt_ipv6: exemptSet.describe('The same for IPv6'),
        rate_limit: z
          .strictObject({
            requests: z.int().min(10).max(2_000_000_000).default(100),
            window_seconds: z.literal([60, 120, 300, 600]).default(300),
          })
          .prefault({})
          .describe('What an address may do within the window when the action is rate_limit'),
      })
      .optional()
      .describe('Signatures as rules of a rule group that you created, for Tidegate alone'),
    /** AWS allows one update a second for a whole account and region. */
    update_every: durationField('2s').describe('Least time between two updates'),
    endpoint: z.url().optional().describe('Other endpoint, for a VPC endpoint or tests'),
    credentials: z
      .strictObject({ access_key_id: z.string(), secret_access_key: z.string() })
      .optional()
      .describe('Left out: the default chain (role, IRSA, profile)'),
  })
  .refine((config) => (config.ipv4 ?? config.ipv6 ?? config.rule_group) !== undefined, {
    error: 'name at least one of ipv4, ipv6 and rule_group',
  })
  .refine((config) => config.scope !== 'CLOUDFRONT' || config.region === 'us-east-1', {
    error: 'CLOUDFRONT sets are only reachable in us-east-1',
    path: ['region'],
  });
export type AwsWafConfig = z.output<typeof awsWafConfig>;

/**
 * An update replaces a whole set or group, under the lock token of the last read: a writer in between is noticed, and
 * the loop looks again. AWS takes few updates of an account, so they are paced over all its sets.
 */
export function createAwsWafEdge(config: AwsWafConfig, dependencies: VendorEdgeDependencies): Edge {
  /** The SDK is large: it is loaded by those who have such an edge, at its first use. */
  let opening: Promise<AwsWafClient> | null = null;
  let nextUpdateAt = 0;
  const access: AwsWafAccess = {
    client: () => {
      opening ??= import('./aws-waf-client.ts').then((module) => module.openAwsWafClient(config));
      return opening;
    },
    async pace(signal) {
      const waitMs = nextUpdateAt - Date.now();
      nextUpdateAt = Math.max(Date.now(), nextUpdateAt) + config.update_every;
      if (waitMs > 0) await pause(waitMs, signal);
      if (signal.aborted) throw new EdgeError('unavailable', 'stopping');
    },
  };
  const { ipv4, ipv6, rule_group: ruleGroup, capacity } = config;
  const parts: EdgePart[] = [];
  if (ruleGroup !== undefined) parts.push(ruleGroupPart(access, dependencies, ruleGroup));
  if (ipv4 !== undefined) parts.push(ipSetPart(access, newSet('ip4', ipv4), capacity));
  if (ipv6 !== undefined) parts.push(ipSetPart(access, newSet('ip6', ipv6), capacity));
  const ofRules: readonly EntryKind[] = ruleGroup === undefined ? [] : ruleKinds;
  return composedEdge(
    {
      kind: 'aws-waf',
      actions: ruleGroup === undefined ? ['block'] : ['block', 'challenge', 'rate_limit'],
      replaceOnly: true,
      longestV6Prefix: 128,
      ruleLanguage: ruleGroup === undefined ? 'none' : 'aws-waf',
      nativeTtl: false,
      lock: 'token',
      scope: 'account',
      coalesceMs: 2000,
    },
    parts,
    {
      countsRequests: false,
      close: async () => (await opening)?.close(),
      refuse: (entry) =>
        entry.action === 'block' || ofRules.includes(entry.kind)
          ? null
          : 'an IP set has one action, that of the rule that reads it',
    },
  );
}
