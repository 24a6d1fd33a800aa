import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';

/** Fields that every edge has. */
export const commonEdgeFields = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'use a-z, 0-9 and -, at most 63 characters' })
    .describe('Name of the edge in metrics, audit and commands'),
  /** The second key: policies say enforce, and a person arms the edge. */
  dry_run: z
    .boolean()
    .optional()
    .describe('false arms the edge; true locks it in dry run; left out: dry run until `tidegate edges arm`'),
  sites: z.array(z.string()).default([]).describe('Sites whose decisions it takes; empty for all'),
  /** Where the log does not say what the edge stopped, nothing else shows whether an attack goes on. */
  probe: z
    .strictObject({
      every: durationField('10m').describe('One probe of each campaign in this time'),
      for: durationField('5s').describe('How long it lasts; less than an edge needs to change is no use'),
    })
    .refine((probe) => probe.for * 10 <= probe.every, { error: 'for: at most a tenth of every' })
    .optional()
    .describe('Lets a little of each campaign through now and then, to see whether it goes on'),
  /** Stops people who are in no list: nobody gets it without asking. */
  aggregate: z
    .strictObject({
      v4: z.int().min(16).max(31).default(24).describe('Prefix length of IPv4 networks'),
      v6: z.int().min(32).max(63).default(48).describe('Prefix length of IPv6 networks'),
      min_members: z.int().min(2).default(16).describe('Fewest listed addresses in such a network'),
      max_good_requests: z
        .int()
        .min(0)
        .default(0)
        .describe('Most recent good requests from the whole network'),
    })
    .optional()
    .describe('When the list is full, listed addresses may become one network; left out: never'),
  adopt: z.boolean().default(false).describe('Treat what is there already as ours: it will be removed'),
};

/** Of proxies of one's own, which take rules as far as somebody reads them. */
export const rulesField = (byDefault: number) =>
  z
    .int()
    .min(0)
    .max(1000)
    .default(byDefault)
    .describe('Most signatures, countries, networks and fingerprints');

/** Of edges that can look good clients up (ADR 23). */
export const goodListField = z
  .strictObject({})
  .optional()
  .describe(
    'Good clients are known by a list (docs/howto/passes.md), where there is no pass; needs detector.good_list',
  );

/** A secret stored as its SHA-256 in hex, so that the configuration does not give it away. */
export const hashedSecretField = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: 'SHA-256 in hex: printf %s "$TOKEN" | sha256sum' });
