import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';
import type { Edge, EntryKind, VendorEdgeDependencies } from '../edge.ts';
import { composedEdge, type EdgePart } from '../vendor/composed-edge.ts';
import { clientListPart } from './akamai-client-list.ts';
import { edgeGridAuthorization } from './akamai-edgegrid.ts';
import { commonEdgeFields } from './edge-config.ts';

const listField = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_]{1,64}$/, { error: 'a list id, such as 12345_TIDEGATE' }),
  capacity: z.int().positive().default(10_000),
});

/** Items of Akamai client lists that the owner's Terraform created and a security configuration refers to. */
export const akamaiConfig = z
  .strictObject({
    kind: z.literal('akamai'),
    ...commonEdgeFields,
    host: z
      .string()
      .regex(/^[a-z0-9.-]+$/)
      .describe('host of the API client, akab-….luna.akamaiapis.net'),
    client_token: z.string().min(1),
    access_token: z.string().min(1),
    client_secret: z.string().min(1),
    ip_list: listField.optional().describe('Client list of type IP'),
    geo_list: listField.optional().describe('Client list of type GEO'),
    asn_list: listField.optional().describe('Client list of type ASN'),
    tls_list: listField
      .extend({ holds: z.enum(['ja3', 'ja4']).describe('Which fingerprint the property compares with it') })
      .optional()
      .describe('Client list of type TLS_FINGERPRINT'),
    networks: z
      .array(z.enum(['STAGING', 'PRODUCTION']))
      .min(1)
      .default(['PRODUCTION'])
      .describe('Networks that changes are activated on'),
    notify: z.array(z.email()).default([]).describe('Who is told by Akamai about activations'),
    endpoint: z.url().optional().describe('Other endpoint, for tests'),
    timeout: durationField('60s').describe('Longest time one request may take'),
    look_again: durationField('30s').describe('Pause between looks at a running activation'),
  })
  .refine(
    (config) => (config.ip_list ?? config.geo_list ?? config.asn_list ?? config.tls_list) !== undefined,
    {
      error: 'name at least one of ip_list, geo_list, asn_list and tls_list',
    },
  );
export type AkamaiConfig = z.output<typeof akamaiConfig>;

/**
 * A change of a client list takes effect when it is activated, which takes minutes: until then the edge is `pending`.
 * Items bear our mark in their description, and an end of their own (an hour after ours), so that they run out if nobody
 * is left to remove them.
 */
export function createAkamaiEdge(config: AkamaiConfig, dependencies: VendorEdgeDependencies): Edge {
  const { name, vendorHttp, now } = dependencies;
  const client = vendorHttp.client({
    edge: name,
    vendor: 'akamai',
    secrets: [config.client_token, config.access_token, config.client_secret],
    baseUrl: config.endpoint ?? `https://${config.host}`,
    authorize: (request) => ({
      authorization: edgeGridAuthorization(request, config, now(), randomUUID()),
    }),
    // Akamai publishes no figure for client lists; it answers with what is left.
    limits: { requests: { capacity: 60, refillMs: 60_000 } },
    timeoutMs: config.timeout,
    explain: (_status, json) => {
      const problem = z
        .object({ title: z.string().nullish(), detail: z.string().nullish() })
        .safeParse(json).data;
      if (problem === undefined) return null;
      const message = [problem.title, problem.detail].filter((text) => text != null).join(': ');
      return /\b(limit|maximum|exceed)/i.test(message) && !/rate/i.test(message)
        ? { fault: 'full', message }
        : { message };
    },
    onAnswer: ({ headers }, budget) => {
      const left = headers.get('x-ratelimit-remaining');
      if (left !== null && /^\d+$/.test(left)) budget.left('requests', Number(left));
    },
  });
  const lists: readonly (readonly [z.output<typeof listField> | undefined, string, readonly EntryKind[]])[] =
    [
      [config.ip_list, 'IP', ['ip4', 'ip6']],
      [config.geo_list, 'GEO', ['country']],
      [config.asn_list, 'ASN', ['asn']],
      [config.tls_list, 'TLS_FINGERPRINT', config.tls_list === undefined ? [] : [config.tls_list.holds]],
    ];
  const parts = lists.flatMap(([list, type, holds]): EdgePart[] =>
    list === undefined
      ? []
      : [
          clientListPart(client, {
            edge: name,
            ...list,
            type,
            holds,
            networks: config.networks,
            notify: config.notify,
            lookAgainMs: config.look_again,
            now,
          }),
        ],
  );
  return composedEdge(
    {
      kind: 'akamai',
      actions: ['block'],
      replaceOnly: false,
      longestV6Prefix: 128,
      ruleLanguage: 'none',
      nativeTtl: true,
      lock: 'none',
      scope: 'account',
      // An activation can not be joined by what comes after it.
      coalesceMs: 10_000,
      visibleWithinMs: 10_000,
      applyWithinMs: 300_000,
    },
    parts,
  );
}
