import { resolve } from 'node:path';
import { z } from 'zod';
import { requestFields } from '../../lib/contracts/request-fields.ts';
import { durationField } from '../../lib/duration-field.ts';
import { parseNetwork } from '../../lib/ip.ts';
import { shapes } from '../../lib/path/shapes.ts';
import { repeated } from '../../lib/repeated.ts';
import { formatNames } from './format-names.ts';

const network = z
  .string()
  .refine((text) => parseNetwork(text) !== null, 'not an address or network (192.0.2.0/24, 2001:db8::/32)');

const jsonPath = z.string().regex(/^\$\.[^\s]+$/, 'a path looks like $.request.remote_addr');

/** Where a field's value stands in JSON of another shape. */
const selector = z.union([
  jsonPath,
  z.strictObject({ path: jsonPath, unit: z.enum(['s', 'ms', 'us', 'ns']).optional() }),
  z.strictObject({ header: z.string().min(1) }),
  z.strictObject({ cookie: z.string().min(1) }),
  z.strictObject({ jwt: z.string().min(1), header_name: z.string().min(1).optional() }),
  z.strictObject({ constant: z.union([z.string(), z.number()]) }),
]);
export type Selector = z.output<typeof selector>;

const mappable = z.enum([
  'timestamp',
  'client_ip',
  'request',
  'method',
  'url',
  'host',
  'path',
  'query',
  'outcome',
  ...requestFields,
  'params',
  'headers',
  'request_id',
  'sample_rate',
  'site',
  'event_id',
]);

export const fieldMap = z.partialRecord(mappable, z.union([selector, z.array(selector).min(1)]));
export type FieldMap = { readonly [field: string]: Selector | readonly Selector[] };

/** How lines of one input are read. Shared by configured files and by replay. */
export const formatConfig = z.strictObject({
  format: z
    .enum([...formatNames, 'auto'])
    .default('auto')
    .describe('auto recognises it from the first 200 lines'),
  log_format: z
    .string()
    .optional()
    .describe(
      'nginx log_format of the file, for fields beyond combined: \'... "$request_time" "$cookie_sid"\'',
    ),
  fields: fieldMap
    .default({})
    .describe(
      'json: where each field stands; log_format: {session_id: {cookie: sid}} names the session cookie',
    ),
  captured_headers: z
    .array(z.string().min(1))
    .default([])
    .describe('haproxy: names of the headers of `capture request header`, in order'),
  host: z.string().default('unknown').describe('Host for lines that carry none'),
});
export type FormatConfig = z.output<typeof formatConfig>;

const fileSource = formatConfig.extend({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
    .describe('Stable name: event ids are derived from it'),
  path: z.string().min(1),
  from: z.enum(['start', 'end']).default('end').describe('Where to begin when no position is known'),
  lateness: durationField('5s').describe('How far behind the newest line a line may lie'),
});
export type FileSourceConfig = z.output<typeof fileSource>;

const key = z.strictObject({
  id: z.number().int().min(1).max(9999),
  secret: z.string().min(32, 'use at least 32 characters, for example openssl rand -hex 32'),
  from: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('Used for events from this time on; the key before it is used for those before'),
});

export const privacyConfig = z.strictObject({
  keys: z
    .array(key)
    .superRefine((keys, context) => {
      for (const index of repeated(keys, ({ id }) => String(id)))
        context.addIssue({
          code: 'custom',
          message: `a second key ${keys[index]!.id}: pseudonyms say by the id which key made them`,
          path: [index, 'id'],
        });
    })
    .default([])
    .describe(
      'Keys of session, account and API-key pseudonyms; default: one derived from the installation secret',
    ),
  keep_values: z
    .array(z.string())
    .default([])
    .describe('Request parameters whose values stay in the clear; all others are kept as keyed hashes'),
  drop_values: z
    .array(z.string())
    .default([
      'password',
      'passwd',
      'pwd',
      'pass',
      'secret',
      'client_secret',
      'pin',
      'otp',
      'cvv',
      'cvc',
      'card_number',
      'cardnumber',
      'pan',
      'iban',
    ])
    .describe('Request parameters whose values leave no trace, not even a hash (names in lower case)'),
  keep_path_shapes: z
    .array(z.enum(shapes))
    .default([])
    .describe('Path segments of these shapes stay in the clear (free text never does)'),
  headers: z
    .array(z.string())
    .default([
      'accept',
      'accept-encoding',
      'content-type',
      'sec-ch-ua',
      'sec-ch-ua-platform',
      'sec-fetch-mode',
      'sec-fetch-site',
      'x-requested-with',
    ])
    .describe('Request headers that are kept'),
  keep: z.array(z.string()).default([]).describe('Unknown fields whose values are kept in `extra`'),
});
export type PrivacyConfig = z.output<typeof privacyConfig>;

/** Bytes that a text such as `8MB` would say: a plain number, for exactness. */
const bytes = (fallback: number) => z.number().int().min(1024).default(fallback);

export const collectorConfig = z.strictObject({
  http: z
    .strictObject({
      enabled: z.boolean().default(true),
      host: z.string().default('127.0.0.1'),
      port: z.number().int().min(0).max(65535).default(7481),
      tokens: z
        .array(z.string().min(16, 'a token has at least 16 characters'))
        .default([])
        .describe('Bearer tokens, in the clear or as sha256:<64 hex>; without any only loopback may send'),
      max_events: z.number().int().min(1).max(100_000).default(10_000).describe('Events in one batch'),
      max_body_bytes: bytes(8 * 1024 * 1024).describe('Size of one batch after decompression'),
      max_in_flight: z.number().int().min(1).default(32).describe('Batches at work before 429'),
      lateness: durationField('5s').describe('How long after the request a batch may arrive'),
    })
    .prefault({}),
  mirror: z
    .strictObject({
      enabled: z.boolean().default(false),
      from: z
        .array(network)
        .default(['127.0.0.0/8', '::1'])
        .describe('Proxies that may mirror; they are trusted to name the client as well'),
      fields: fieldMap.default({}).describe('Where identities stand: {session_id: {cookie: sid}}'),
      lateness: durationField('1s'),
    })
    .prefault({})
    .describe('/mirror/* for nginx `mirror` and Envoy request mirroring, on the port of http'),
  files: z
    .array(fileSource)
    .superRefine((files, context) => {
      const problem = (index: number, field: 'id' | 'path', message: string) =>
        context.addIssue({ code: 'custom', message, path: [index, field] });
      for (const index of repeated(files, ({ id }) => id))
        problem(index, 'id', `a second source ${files[index]!.id}: their positions and event ids would mix`);
      for (const index of repeated(files, ({ path }) => resolve(path)))
        problem(index, 'path', `a second source of ${files[index]!.path}: each request would count twice`);
    })
    .default([])
    .describe('Log files to follow'),
  trusted_proxies: z
    .array(network)
    .default([])
    .describe('Whose X-Forwarded-For and Forwarded headers are believed'),
  privacy: privacyConfig.prefault({}),
  future: durationField('60s').describe('Stamps further ahead than this are refused'),
  max_line_bytes: bytes(128 * 1024).describe('Longer lines are refused without being held in memory'),
  max_log_bytes: bytes(64 * 1024 * 1024).describe(
    'In-process log: intake waits while more than this is unread',
  ),
});
export type CollectorConfig = z.output<typeof collectorConfig>;

/** Which site a host belongs to. Given by the root configuration. */
export interface SiteConfig {
  readonly id: string;
  readonly hosts: readonly string[];
}
