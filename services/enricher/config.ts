import { z } from 'zod';
import { durationField } from '../../lib/duration-field.ts';
import { endpointFunctions } from '../../lib/path/endpoint-function.ts';
import { documentations } from '../../lib/path/openapi.ts';
import { defaultOperations } from '../../lib/path/operations.ts';
import { providerNames } from './providers/catalogue.ts';

const listClass = z.enum([
  'hosting',
  'isp',
  'mobile',
  'education',
  'vpn',
  'tor',
  'residential_proxy',
  'public_proxy',
  'relay',
  'crawler',
  'drop',
]);

const dataSet = z.strictObject({
  path: z.string().min(1).describe('File; .gz and .br are unpacked'),
  format: z
    .enum(['auto', ...providerNames])
    .default('auto')
    .describe('Told by name and content when auto'),
  class: listClass.nullable().default(null).describe('For lists: what everything on the list is'),
  operator: z.string().min(1).nullable().default(null).describe('For lists: who runs these networks'),
  name: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Shown in status and metrics; default: the file name'),
  licence: z.string().nullable().default(null),
  attribution: z.string().nullable().default(null).describe('Shown wherever the licence asks for it'),
});

const methodAndTemplate = z
  .string()
  .regex(/^([A-Z*]+ )?\/\S*$/, 'write "POST /login", "* /login" or "/login"; * stands for any characters');

const statuses = z
  .array(z.union([z.number().int().min(100).max(599), z.string().regex(/^[1-5]xx$/)]))
  .describe('Status codes, or classes such as "2xx"');

/** Section `enricher` of the configuration. */
export const enricherConfig = z.strictObject({
  starter: z
    .boolean()
    .default(true)
    .describe('Use the data shipped with Tidegate where nothing better is configured. Demo only: it ages.'),
  data_sets: z
    .array(z.union([z.string().min(1), dataSet]))
    .default([])
    .transform((sets) => sets.map((set) => (typeof set === 'string' ? dataSet.parse({ path: set }) : set)))
    .describe('Data files: MMDB, CSV, lists. Of two that say the same thing the earlier counts.'),
  max_age: durationField('30d').describe('Data older than this is warned about'),
  reload_every: durationField('30s').describe('How often files are checked for changes'),
  routes: z
    .array(
      z.strictObject({
        route: methodAndTemplate.describe('For example GET /stores/{number}/stock'),
        hosts: z.array(z.string().min(1)).default([]).describe('Hosts it is served on; empty: all'),
      }),
    )
    .default([])
    .describe('Endpoint templates, where the path itself does not show them'),
  openapi: z
    .array(
      z.strictObject({
        file: z.string().min(1),
        hosts: z.array(z.string().min(1)).default([]).describe('Hosts it documents; empty: all'),
        state: z
          .enum(documentations)
          .default('current')
          .describe('What the document as a whole is: gone for an old one whose endpoints were taken down'),
      }),
    )
    .default([])
    .describe('OpenAPI 3 documents: name the endpoints and tell documented from shadow endpoints'),
  duplicate_window: z
    .number()
    .int()
    .min(0)
    .default(50_000)
    .describe('An event id met again within this many records of its partition is dropped; 0: never'),
  endpoints_per_host: z.number().int().min(10).max(100_000).default(2000),
  operations: z
    .array(methodAndTemplate)
    .default([...defaultOperations])
    .describe(
      'Endpoints whose requests say by their operation what they want (GraphQL, JSON-RPC): each operation is counted by itself as well',
    ),
  functions: z
    .array(
      z.strictObject({
        endpoint: methodAndTemplate,
        function: z.enum(endpointFunctions),
      }),
    )
    .default([])
    .describe(
      'What an endpoint, or one of its operations (POST /graphql#signMeIn), is for, where its words do not say it. First match counts.',
    ),
  outcomes: z
    .array(
      z
        .strictObject({
          endpoint: methodAndTemplate,
          success: statuses.default([]),
          failure: statuses.default([]),
        })
        .refine(({ success, failure }) => !failure.some((status) => success.includes(status)), {
          error: 'one status can not mean both success and failure',
        }),
    )
    .default([])
    .describe(
      'What a status means at an endpoint, where an event does not state its outcome. First match counts.',
    ),
  cache: z
    .strictObject({
      addresses: z.number().int().min(100).default(200_000),
      user_agents: z.number().int().min(100).default(20_000),
      paths: z.number().int().min(100).default(20_000),
    })
    .prefault({})
    .describe('Entries remembered per instance'),
});

export type EnricherConfig = z.output<typeof enricherConfig>;
export type DataSetConfig = EnricherConfig['data_sets'][number];
