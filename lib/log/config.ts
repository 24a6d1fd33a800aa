import { z } from 'zod';
import { durationField } from '../duration-field.ts';

const tls = z.strictObject({
  enabled: z.boolean().default(false),
  ca_file: z.string().optional().describe('PEM file of the authorities to trust, beside the built-in ones.'),
  cert_file: z.string().optional().describe('PEM file of the client certificate (mutual TLS).'),
  key_file: z.string().optional().describe('PEM file of its key.'),
  server_name: z.string().optional().describe('Name to verify instead of the broker host.'),
});

const password = {
  username: z.string().min(1),
  password: z.string().min(1).describe('Use ${VAR} or ${file:/path}.'),
};
const sasl = z.discriminatedUnion('mechanism', [
  z.strictObject({ mechanism: z.literal('none') }),
  z.strictObject({ mechanism: z.literal('plain'), ...password }),
  z.strictObject({ mechanism: z.literal('scram-sha-256'), ...password }),
  z.strictObject({ mechanism: z.literal('scram-sha-512'), ...password }),
  z.strictObject({
    mechanism: z.literal('oauthbearer'),
    token: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('static'), value: z.string().min(1) }),
        z.strictObject({ kind: z.literal('file'), path: z.string().min(1) }),
        z.strictObject({
          kind: z.literal('client_credentials'),
          token_url: z.url({ protocol: /^https?$/ }),
          client_id: z.string().min(1),
          client_secret: z.string().min(1),
          scope: z.string().optional(),
        }),
      ])
      .describe('Where the bearer token comes from; a file is read again at every connect.'),
  }),
]);

/** Section `log` of tidegate.yaml. */
export const logConfig = z.strictObject({
  kind: z
    .enum(['auto', 'kafka', 'memory'])
    .default('auto')
    .describe('auto: brokers when given, else a local Kafka when Java and Maven are there, else in-process.'),
  brokers: z
    .array(z.string().regex(/^.+:\d{1,5}$/, 'a broker is host:port'))
    .default([])
    .describe('host:port of some brokers of the cluster.'),
  topic_prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]*$/, 'use letters, digits, dot, underscore and dash')
    .default('tidegate.')
    .describe('Before every topic name.'),
  client_id: z.string().min(1).default('tidegate'),
  tls: tls.prefault({}),
  sasl: sasl.default({ mechanism: 'none' }),
  compression: z
    .enum(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
    .default('lz4')
    .describe('Codec for what Tidegate writes; all five are read.'),
  traffic_partitions: z
    .number()
    .int()
    .min(1)
    .max(1024)
    .default(8)
    .describe('Partitions of requests.raw and requests.enriched: 8 on one machine, 32 in production.'),
  replication_factor: z.number().int().min(1).max(9).default(1).describe('3 in production.'),
  session_timeout: durationField('15s').describe(
    'How long a member may be silent before its partitions go to others; at least 6s.',
  ),
  registry: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe('Confluent-compatible; without it ids are local.'),
      username: z.string().optional(),
      password: z.string().optional(),
    })
    .prefault({}),
});

export type LogConfig = z.output<typeof logConfig>;
