import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';
import { type ActionKind, actionKinds } from '../decider/actions.ts';
import type { Edge, EntryKind, VendorEdgeDependencies } from '../edge.ts';
import { named } from '../entry-name.ts';
import { composedEdge, type EdgePart } from '../vendor/composed-edge.ts';
import { markOf, readMark } from '../vendor/ownership-mark.ts';
import { addressName, type VendorEntries, vendorEntries } from '../vendor/vendor-entries.ts';
import { commonEdgeFields } from './edge-config.ts';
import { type FastlyAclOperation, type FastlyApi, openFastlyApi } from './fastly-api.ts';

const idField = z.string().regex(/^[A-Za-z0-9]{1,64}$/, { error: 'a Fastly id: letters and digits' });
const dictionaryKinds = ['ja3', 'ja4', 'asn', 'country'] as const;

/** Entries of an ACL and items of a dictionary that the owner's Terraform created and the service's VCL reads. */
export const fastlyConfig = z
  .strictObject({
    kind: z.literal('fastly'),
    ...commonEdgeFields,
    token: z.string().min(1).describe('API token; docs/howto/edges/fastly.md has its scope'),
    service_id: idField.optional().describe('Service of the ACL and the dictionary'),
    acl: z
      .strictObject({ id: idField, capacity: z.int().positive().max(10_000).default(1000) })
      .optional()
      .describe('Edge ACL of a VCL service: 1,000 entries unless Fastly raised it'),
    compute_acl: z
      .strictObject({ id: idField, capacity: z.int().positive().default(1000) })
      .optional()
      .describe('ACL of Compute services instead'),
    dictionary: z
      .strictObject({
        id: idField,
        kinds: z
          .array(z.enum(dictionaryKinds))
          .min(1)
          .default([...dictionaryKinds]),
        capacity: z.int().positive().max(10_000).default(1000),
      })
      .optional()
      .describe('Edge dictionary for fingerprints, networks and countries'),
    endpoint: z.url().default('https://api.fastly.com'),
    timeout: durationField('30s').describe('Longest time one request may take'),
  })
  .refine((config) => (config.acl ?? config.compute_acl ?? config.dictionary) !== undefined, {
    error: 'name at least one of acl, compute_acl and dictionary',
  })
  .refine((config) => config.acl === undefined || config.compute_acl === undefined, {
    error: 'addresses go to acl or to compute_acl, not to both',
    path: ['compute_acl'],
  })
  .refine((config) => config.service_id !== undefined || (config.acl ?? config.dictionary) === undefined, {
    error: 'acl and dictionary belong to a service',
    path: ['service_id'],
  });
export type FastlyConfig = z.output<typeof fastlyConfig>;

/**
 * Entries are versionless: they hold at once, without a new version of the service. ACL entries bear our mark in their
 * comment, dictionary items in their value, after the action. Entries of a Compute ACL bear none.
 */
export function createFastlyEdge(config: FastlyConfig, dependencies: VendorEdgeDependencies): Edge {
  const { name, vendorHttp } = dependencies;
  const { acl, compute_acl: computeAcl, dictionary, service_id: service = '' } = config;
  const api = openFastlyApi(vendorHttp, {
    edge: name,
    token: config.token,
    endpoint: config.endpoint,
    timeoutMs: config.timeout,
  });
  const parts: EdgePart[] = [];
  if (acl !== undefined) parts.push(aclPart(api, name, { service, ...acl }));
  if (computeAcl !== undefined) parts.push(computeAclPart(api, computeAcl));
  if (dictionary !== undefined) parts.push(dictionaryPart(api, name, { service, ...dictionary }));
  const ofDictionary: readonly EntryKind[] = dictionary?.kinds ?? [];
  return composedEdge(
    {
      kind: 'fastly',
      // A dictionary carries the action to the VCL; an ACL knows only that an address is in it.
      actions: dictionary === undefined ? ['block'] : ['block', 'challenge', 'rate_limit', 'tag'],
      replaceOnly: false,
      longestV6Prefix: 128,
      ruleLanguage: 'none',
      nativeTtl: false,
      lock: 'none',
      scope: 'account',
      coalesceMs: 5000,
      visibleWithinMs: computeAcl === undefined ? 5000 : 60_000,
    },
    parts,
    {
      refuse: (entry) =>
        entry.action === 'block' || ofDictionary.includes(entry.kind)
          ? null
          : 'an ACL has one action, that of the VCL that reads it',
    },
  );
}

function aclPart(
  api: FastlyApi,
  edge: string,
  options: { readonly service: string; readonly id: string; readonly capacity: number },
): EdgePart {
  const { service, id: acl } = options;
  let seen: VendorEntries = vendorEntries([]);
  return {
    pool: { name: `ACL ${acl}`, holds: ['ip4', 'ip6'], capacity: options.capacity },
    async observe(signal) {
      const entries = await api.aclEntries(service, acl, signal);
      seen = vendorEntries(
        entries.map((entry) => {
          const decisionId = readMark(edge, entry.comment);
          const text = entry.subnet == null ? entry.ip : `${entry.ip}/${entry.subnet}`;
          return {
            id: entry.id,
            observed: {
              ...addressName(text),
              // A negated entry spares an address: never ours, and not to be crossed.
              owner: decisionId === null || entry.negated === 1 ? 'foreign' : 'ours',
              decisionId,
              action: 'block',
              expiresAt: null,
            },
          };
        }),
      );
      return { entries: seen.entries, damaged: null };
    },
    async apply({ add, update, remove }, signal) {
      const operations: FastlyAclOperation[] = [
        ...remove.flatMap((entry) => seen.idsOf(entry.key)).map((id) => ({ op: 'delete', id }) as const),
        ...update.flatMap((entry) =>
          seen
            .idsOf(entry.key)
            .map((id) => ({ op: 'update', id, comment: markOf(edge, entry.decisionId) }) as const),
        ),
        ...add.map((entry) => {
          const [ip = '', length = ''] = entry.value.split('/');
          const isHost = length === (ip.includes(':') ? '128' : '32');
          const comment = markOf(edge, entry.decisionId);
          return {
            op: 'create',
            ip,
            ...(isHost ? {} : { subnet: Number(length) }),
            negated: 0,
            comment,
          } as const;
        }),
      ];
      await api.changeAcl(service, acl, operations, signal);
    },
  };
}

function computeAclPart(
  api: FastlyApi,
  options: { readonly id: string; readonly capacity: number },
): EdgePart {
  const { id: acl } = options;
  return {
    pool: { name: `Compute ACL ${acl}`, holds: ['ip4', 'ip6'], capacity: options.capacity },
    async observe(signal) {
      const entries = await api.computeEntries(acl, signal);
      return {
        entries: entries.map(({ prefix, action }) => ({
          ...addressName(prefix),
          owner: action === 'BLOCK' ? 'unmarked' : 'foreign',
          decisionId: null,
          action: null,
          expiresAt: null,
        })),
        damaged: null,
      };
    },
    async apply({ add, remove }, signal) {
      await api.changeCompute(
        acl,
        [
          ...remove.map((entry) => ({ op: 'delete', prefix: entry.value }) as const),
          ...add.map((entry) => ({ op: 'create', prefix: entry.value, action: 'BLOCK' }) as const),
        ],
        signal,
      );
    },
  };
}

/** Items `ja4:t13d…` → `block tidegate/EDGE/DECISION`. */
function dictionaryPart(
  api: FastlyApi,
  edge: string,
  options: {
    readonly service: string;
    readonly id: string;
    readonly kinds: readonly EntryKind[];
    readonly capacity: number;
  },
): EdgePart {
  const { service, id: dictionary, kinds } = options;
  return {
    pool: { name: `dictionary ${dictionary}`, holds: kinds, capacity: options.capacity },
    inexpressible: (entry) => (entry.value.length > 200 ? 'keys have at most 256 characters' : null),
    async observe(signal) {
      const items = await api.dictionaryItems(service, dictionary, signal);
      return {
        entries: items.flatMap(({ item_key: key, item_value: text }) => {
          const colon = key.indexOf(':');
          const kind = kinds.find((candidate) => candidate === key.slice(0, Math.max(0, colon)));
          if (kind === undefined) return [];
          const [action = '', mark = ''] = text.split(' ');
          const decisionId = readMark(edge, mark);
          return [
            {
              ...named(kind, key.slice(colon + 1)),
              owner: decisionId === null ? ('foreign' as const) : ('ours' as const),
              decisionId,
              action: actionKinds.find((candidate): candidate is ActionKind => candidate === action) ?? null,
              expiresAt: null,
            },
          ];
        }),
        damaged: null,
      };
    },
    async apply({ add, update, remove }, signal) {
      await api.changeDictionary(
        service,
        dictionary,
        [
          ...remove.map((entry) => ({ op: 'delete', item_key: `${entry.kind}:${entry.value}` }) as const),
          ...[...update, ...add].map(
            (entry) =>
              ({
                op: 'upsert',
                item_key: `${entry.kind}:${entry.value}`,
                item_value: `${entry.action} ${markOf(edge, entry.decisionId)}`,
              }) as const,
          ),
        ],
        signal,
      );
    },
  };
}
