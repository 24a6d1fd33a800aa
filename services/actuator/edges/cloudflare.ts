import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';
import type { Edge, EntryKind, VendorEdgeDependencies } from '../edge.ts';
import { ruleKinds } from '../rules/entry-condition.ts';
import { composedEdge, type EdgePart } from '../vendor/composed-edge.ts';
import { accessRulesPart } from './cloudflare-access-rules.ts';
import { openCloudflareApi } from './cloudflare-api.ts';
import { listPart } from './cloudflare-list.ts';
import { cloudflareRulesPart } from './cloudflare-rules.ts';
import { commonEdgeFields } from './edge-config.ts';

const idField = z.string().regex(/^[0-9a-f]{32}$/, { error: 'a Cloudflare id: 32 hex digits' });

/** Items of Cloudflare lists that the owner's Terraform created and refers to in a rule; optionally access rules. */
export const cloudflareConfig = z
  .strictObject({
    kind: z.literal('cloudflare'),
    ...commonEdgeFields,
    account_id: idField.describe('Account of the lists'),
    zone_id: idField.optional().describe('Zone of access rules; left out: they hold for the whole account'),
    token: z.string().min(1).describe('API token; docs/howto/edges/cloudflare.md has its permissions'),
    ip_list: idField.optional().describe('Id of a list of kind ip'),
    asn_list: idField.optional().describe('Id of a list of kind asn'),
    /** Cloudflare counts the items of all lists of an account. */
    capacity: z
      .int()
      .positive()
      .default(10_000)
      .describe('Most items in the two lists together; what your plan leaves for them'),
    access_rules: z
      .strictObject({
        kinds: z
          .array(z.enum(['country', 'asn', 'ip6']))
          .min(1)
          .describe('ip6: single IPv6 addresses, which lists do not hold'),
        capacity: z.int().positive().max(50_000).default(1000),
      })
      .optional()
      .describe('IP Access Rules, one request an entry: for what lists can not hold'),
    /** Opt-in: without it only the contents of lists are managed. */
    rules: z
      .strictObject({
        ruleset_id: idField.describe('Custom ruleset of the zone, phase http_request_firewall_custom'),
        capacity: z.int().positive().max(1000).default(20).describe('Most rules; what your plan leaves'),
        exempt_list: z
          .strictObject({ id: idField, name: z.string().regex(/^[a-z0-9_]{1,50}$/) })
          .describe('List of kind ip for networks that no rule may stop; Tidegate fills it'),
        regex: z.boolean().default(false).describe('The plan has matches (Business, Enterprise)'),
        bot_management: z.boolean().default(false).describe('The plan has JA3 and JA4'),
      })
      .optional()
      .describe('Signatures as rules of ours in a ruleset that you created'),
    endpoint: z.url().default('https://api.cloudflare.com/client/v4'),
    timeout: durationField('30s').describe('Longest time one request may take'),
    poll_every: durationField('1s').describe('First pause between looks at a bulk operation'),
    operation_timeout: durationField('5m').describe('Longest time a bulk operation may take'),
  })
  .refine(
    (config) => (config.ip_list ?? config.asn_list ?? config.access_rules ?? config.rules) !== undefined,
    {
      error: 'name at least one of ip_list, asn_list, access_rules and rules',
    },
  )
  .refine((config) => config.rules === undefined || config.zone_id !== undefined, {
    error: 'rules belong to a zone',
    path: ['zone_id'],
  })
  .refine(({ asn_list, access_rules }) => asn_list === undefined || !access_rules?.kinds.includes('asn'), {
    error: 'asn is in asn_list already',
    path: ['access_rules', 'kinds'],
  });
export type CloudflareConfig = z.output<typeof cloudflareConfig>;

/**
 * Lists change by asynchronous bulk operations, one at a time for the account; items bear our mark in their comment and
 * are deleted by id. IPv6 in a list ends at /64: longer prefixes are left out, unless access rules take them.
 */
export function createCloudflareEdge(config: CloudflareConfig, dependencies: VendorEdgeDependencies): Edge {
  const { name, vendorHttp } = dependencies;
  const { rules } = config;
  const api = openCloudflareApi(vendorHttp, {
    edge: name,
    accountId: config.account_id,
    zoneId: config.zone_id ?? null,
    token: config.token,
    endpoint: config.endpoint,
    timeoutMs: config.timeout,
    pollMs: config.poll_every,
    operationMs: config.operation_timeout,
  });
  const ofAccessRules = config.access_rules?.kinds ?? [];
  const parts: EdgePart[] = [];
  // The plan's items are one pot for both lists; ASNs are few, so they get a tenth of it.
  const forAsns =
    config.asn_list === undefined
      ? 0
      : config.ip_list === undefined
        ? config.capacity
        : Math.ceil(config.capacity / 10);
  if (config.ip_list !== undefined)
    parts.push(
      listPart(api, name, {
        list: config.ip_list,
        kind: 'ip',
        holds: ['ip4', ...(ofAccessRules.includes('ip6') ? [] : ['ip6' as const])],
        capacity: config.capacity - forAsns,
      }),
    );
  if (config.asn_list !== undefined)
    parts.push(
      listPart(api, name, { list: config.asn_list, kind: 'asn', holds: ['asn'], capacity: forAsns }),
    );
  if (config.access_rules !== undefined)
    parts.push(accessRulesPart(api, name, { kinds: ofAccessRules, capacity: config.access_rules.capacity }));
  const ofRules: EntryKind[] = [];
  if (rules !== undefined) {
    const taken = parts.flatMap((part) => part.pool.holds);
    ofRules.push(...ruleKinds.filter((kind) => !taken.includes(kind)));
    parts.push(cloudflareRulesPart(api, dependencies, { ...rules, holds: ofRules }));
  }
  return composedEdge(
    {
      kind: 'cloudflare',
      actions: rules === undefined ? ['block'] : ['block', 'challenge'],
      replaceOnly: false,
      longestV6Prefix: ofAccessRules.includes('ip6') ? 128 : 64,
      ruleLanguage: rules === undefined ? 'none' : 'cloudflare',
      nativeTtl: false,
      lock: 'none',
      scope: 'account',
      coalesceMs: 5000,
      visibleWithinMs: 10_000,
      applyWithinMs: Math.max(600_000, config.operation_timeout * 2),
    },
    parts,
    {
      refuse: (entry) =>
        entry.action === 'block' || ofRules.includes(entry.kind)
          ? null
          : 'a list has one action, that of the rule that reads it',
    },
  );
}
