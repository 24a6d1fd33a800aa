import { z } from 'zod';

/** Section `console` of the configuration. */
export const consoleConfig = z.strictObject({
  host: z
    .string()
    .default('127.0.0.1')
    .describe('Loopback by default; put a proxy with authentication before more'),
  port: z.number().int().min(0).max(65_535).default(7480),
  token: z
    .string()
    .min(16)
    .optional()
    .describe(
      'Who sends it as bearer token may release, allow and block. Unset: nobody may. Use ${file:...}',
    ),
  allowed_hosts: z
    .array(z.string())
    .default([])
    .describe('Names, beside localhost and `host`, under which browsers may reach it (Host header)'),
});

export type ConsoleConfig = z.output<typeof consoleConfig>;
