import { z } from 'zod';
import { formatNames } from './formats.ts';
import { levels } from './notice.ts';

/** Where people are told. */
export const notificationConfig = z.strictObject({
  name: z.string().min(1).max(60),
  format: z.enum(formatNames).describe('alertmanager: the URL ends in /api/v2/alerts'),
  url: z.url({ protocol: /^https?$/ }).describe('May hold a secret: use ${file:...}'),
  secret: z
    .string()
    .min(16)
    .optional()
    .describe('Signs the body: X-Tidegate-Signature, HMAC-SHA256 over timestamp, a dot and the body'),
  min_level: z
    .enum(levels as [string, ...string[]])
    .default('medium')
    .describe('Weaker ones are not told'),
  kinds: z
    .array(z.enum(['campaign', 'endpoint', 'edge', 'guard']))
    .default(['campaign', 'endpoint', 'edge', 'guard'])
    .describe('What is told'),
});
export type NotificationConfig = z.output<typeof notificationConfig>;
