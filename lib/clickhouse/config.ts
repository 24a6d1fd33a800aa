import { z } from 'zod';
import { durationField } from '../duration-field.ts';

/** Section `clickhouse` of the configuration. Without `url` the embedded engine (chdb) is used. */
export const clickhouseConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('HTTP interface of a ClickHouse server, for example http://clickhouse:8123'),
  database: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'letters, digits and _ only')
    .default('tidegate')
    .describe('Created when it does not exist'),
  username: z.string().default('default'),
  password: z.string().default('').describe('Use ${file:/run/secrets/...}'),
  request_timeout: durationField('30s').describe(
    'Also how long a new owner of a partition waits for the old one',
  ),
  sql_timeout: durationField('15s').describe('Longest run of a query by a person (`sql`, console)'),
  sql_max_rows: z.number().int().min(1).max(1_000_000).default(10_000),
  sql_max_memory_mb: z.number().int().min(64).default(2048),
  retention: z
    .strictObject({
      client_addresses: durationField('14d').describe('Full addresses; after that their /24 or /48'),
      requests: durationField('90d'),
      findings: durationField('180d').describe('Verdicts, campaigns and decisions'),
      audit: durationField('400d').describe('Edge actions and commands'),
      dead_letters: durationField('7d'),
    })
    .prefault({})
    .describe('How long rows are kept'),
});

export type ClickHouseConfig = z.output<typeof clickhouseConfig>;

export type Retention = ClickHouseConfig['retention'];
