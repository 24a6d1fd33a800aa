import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';

export const clientClasses = ['browser', 'app', 'server', 'mixed', 'unknown'] as const;
export type ClientClass = (typeof clientClasses)[number];
export const audiences = ['public', 'partner', 'third_party'] as const;
export type Audience = (typeof audiences)[number];

const endpointText = z
  .string()
  .regex(/^([A-Z*]+ )?\/\S*$/, 'write "POST /login", "* /login" or "/login"; * stands for any characters');

/** Section `detector.inventory`: what counts as an endpoint, and what a person knows better than the traffic shows. */
export const inventoryConfig = z.strictObject({
  clients: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(3)
    .describe('A path is an endpoint once it answered this many distinct clients with success'),
  endpoints: z
    .number()
    .int()
    .min(10)
    .max(100_000)
    .default(5000)
    .describe('Most endpoints of one site; beyond it the one idle longest that is not established goes'),
  publish_every: durationField('5m').describe('How often the figures of an endpoint in use are published'),
  notices_per_hour: z
    .number()
    .int()
    .min(1)
    .default(20)
    .describe('Notices of one level and site; the rest of the hour is one notice that says how many'),
  families: z
    .boolean()
    .default(true)
    .describe('Count endpoints that differ in one plain word as one when the words never end'),
  overrides: z
    .array(
      z.strictObject({
        endpoint: endpointText,
        hosts: z.array(z.string().min(1)).default([]).describe('Hosts it is served on; empty: all'),
        clients: z.enum(['browser', 'app', 'server', 'mixed']).optional(),
        audience: z.enum(audiences).optional(),
        analogues: z
          .array(z.string().regex(/^[A-Z]+ [^/\s]+\/\S*$/, 'write "GET m.shop.example/v1/stock"'))
          .optional()
          .describe('Endpoints that do the same for another kind of client'),
      }),
    )
    .default([])
    .describe('What the traffic does not show. First match counts.'),
});

export type InventoryConfig = z.output<typeof inventoryConfig>;
