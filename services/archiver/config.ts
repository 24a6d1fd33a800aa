import { z } from 'zod';
import { durationField } from '../../lib/duration-field.ts';

/** Section `archiver` of the configuration. */
export const archiverConfig = z.strictObject({
  batch_rows: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(20_000)
    .describe('Rows of one partition in one insert'),
  batch_interval: durationField('1s').describe('Longest time a row waits for others'),
  hand_over_wait: durationField('30s').describe(
    'How long a new owner of a partition waits for an insert of the former owner (server only): its request timeout',
  ),
  not_ready_after: durationField('1m').describe('Not ready once inserts have failed for this long'),
  stop_timeout: durationField('10s').describe(
    'Longest wait at a stop for what was read but not yet inserted',
  ),
});

export type ArchiverConfig = z.output<typeof archiverConfig>;
