import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';
import { type Edge, EdgeError, type VendorEdgeDependencies } from '../edge.ts';
import { composedEdge, type EdgePart } from '../vendor/composed-edge.ts';
import { serviceAccountKey } from '../vendor/google-token.ts';
import { addressName, withoutHostLength } from '../vendor/vendor-entries.ts';
import { type CloudArmorApi, openCloudArmorApi } from './cloud-armor-api.ts';
import { cloudArmorRulesPart } from './cloud-armor-rules.ts';
import { commonEdgeFields } from './edge-config.ts';

const groupField = z
  .string()
  .regex(/^(projects|organizations)\/[a-z0-9:.-]+\/locations\/[a-z0-9-]+\/addressGroups\/[a-z0-9-]+$/, {
    error: 'a full name: projects/PROJECT/locations/global/addressGroups/NAME',
  });

/** Items of Google Cloud address groups that the owner's Terraform created and a security policy refers to. */
export const cloudArmorConfig = z
  .strictObject({
    kind: z.literal('cloud-armor'),
    ...commonEdgeFields,
    service_account_key: z
      .string()
      .optional()
      .transform((text, context) => {
        if (text === undefined) return null;
        const parsed = z.string().transform(parseJson).pipe(serviceAccountKey).safeParse(text);
        if (parsed.success) return parsed.data;
        context.addIssue({ code: 'custom', message: 'not the JSON of a service account key' });
        return z.NEVER;
      })
      .describe('Content of the key file (${file:…}); left out: the metadata server (workload identity)'),
    ipv4_group: groupField.optional().describe('Address group of type IPV4, for Tidegate alone'),
    ipv6_group: groupField.optional().describe('Address group of type IPV6, for Tidegate alone'),
    /** Fixed when a group is created; asked of Google at the first look, this is what counts until then. */
    capacity: z.int().positive().max(150_000).default(1000).describe('Capacity the groups were created with'),
    /** Opt-in: without it only the contents of address groups are managed. */
    rules: z
      .strictObject({
        policy: z
          .string()
          .regex(/^projects\/[a-z0-9:.-]+\/(global|regions\/[a-z0-9-]+)\/securityPolicies\/[a-z0-9-]+$/, {
            error: 'a full name: projects/PROJECT/global/securityPolicies/NAME',
          }),
        first_priority: z
          .int()
          .min(0)
          .max(2_000_000_000)
          .describe('Rules get this priority and the next ones'),
        capacity: z.int().positive().max(1000).default(20).describe('Most rules; your quota counts them'),
        exempt_ipv4_group: groupField.describe('Networks that no rule may stop; Tidegate fills it alone'),
        exempt_ipv6_group: groupField.describe('The same for IPv6'),
      })
      .optional()
      .describe('Signatures as rules of ours in a security policy that you created'),
    network_security_endpoint: z.url().default('https://networksecurity.googleapis.com'),
    compute_endpoint: z.url().default('https://compute.googleapis.com'),
    metadata_url: z
      .url()
      .default('http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token'),
    timeout: durationField('30s').describe('Longest time one request may take'),
    poll_every: durationField('1s').describe('First pause between looks at an operation'),
    operation_timeout: durationField('5m').describe('Longest time an operation may take'),
  })
  .refine(({ ipv4_group, ipv6_group, rules }) => (ipv4_group ?? ipv6_group ?? rules) !== undefined, {
    error: 'name at least one of ipv4_group, ipv6_group and rules',
  });
export type CloudArmorConfig = z.output<typeof cloudArmorConfig>;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Items bear no mark: whatever was never decided counts as foreign, and stays. */
export function createCloudArmorEdge(config: CloudArmorConfig, dependencies: VendorEdgeDependencies): Edge {
  const { name, vendorHttp, now } = dependencies;
  const api = openCloudArmorApi(vendorHttp, {
    edge: name,
    key: config.service_account_key,
    networkSecurityUrl: config.network_security_endpoint,
    computeUrl: config.compute_endpoint,
    metadataUrl: config.metadata_url,
    timeoutMs: config.timeout,
    pollMs: config.poll_every,
    operationMs: config.operation_timeout,
    now,
  });
  const parts: EdgePart[] = [];
  const { capacity } = config;
  if (config.ipv4_group !== undefined)
    parts.push(groupPart(api, { group: config.ipv4_group, kind: 'ip4', capacity }));
  if (config.ipv6_group !== undefined)
    parts.push(groupPart(api, { group: config.ipv6_group, kind: 'ip6', capacity }));
  if (config.rules !== undefined) parts.push(cloudArmorRulesPart(api, dependencies, config.rules));
  return composedEdge(
    {
      kind: 'cloud-armor',
      actions: ['block'],
      replaceOnly: false,
      longestV6Prefix: 128,
      ruleLanguage: config.rules === undefined ? 'none' : 'cloud-armor',
      nativeTtl: false,
      lock: 'none',
      scope: 'account',
      coalesceMs: 5000,
      visibleWithinMs: 60_000,
      applyWithinMs: Math.max(600_000, config.operation_timeout * 2),
    },
    parts,
  );
}

function groupPart(
  api: CloudArmorApi,
  options: { readonly group: string; readonly kind: 'ip4' | 'ip6'; readonly capacity: number },
): EdgePart {
  const { group, kind } = options;
  const name = group.slice(group.lastIndexOf('/') + 1);
  return {
    pool: { name: `address group ${name}`, holds: [kind], capacity: options.capacity },
    async observe(signal) {
      const found = await api.group(group, signal);
      const type = kind === 'ip4' ? 'IPV4' : 'IPV6';
      if (found.type !== type)
        throw new EdgeError('invalid', `address group ${name} is of type ${found.type}, not ${type}`);
      if (found.capacity < options.capacity)
        throw new EdgeError(
          'invalid',
          `address group ${name} was created for ${found.capacity} items: set capacity to that`,
        );
      return {
        entries: (found.items ?? []).map((text) => ({
          ...addressName(text),
          kind,
          owner: 'unmarked',
          decisionId: null,
          action: null,
          expiresAt: null,
        })),
        damaged: null,
      };
    },
    async apply({ add, remove }, signal) {
      const texts = (entries: readonly { readonly value: string }[]) =>
        entries.map(({ value }) => withoutHostLength(value));
      await api.changeGroup(group, 'removeItems', texts(remove), signal);
      await api.changeGroup(group, 'addItems', texts(add), signal);
    },
  };
}
