import { z } from 'zod';
import { parseNetwork } from '../../lib/ip.ts';

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
  tokens: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(60).describe('Whose it is, for the audit'),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in hex: printf %s "$TOKEN" | sha256sum'),
        role: z.enum(['read', 'operate']).default('read'),
      }),
    )
    .default([])
    .describe('Bearer tokens by their SHA-256: read, or operate (release, allow, block, arm)'),
  read_needs_token: z.boolean().default(false).describe('Nobody reads the API without a token'),
  trusted_user: z
    .strictObject({
      header: z.string().toLowerCase().default('x-forwarded-user').describe('Header that names the user'),
      from: z
        .array(z.string().refine((text) => parseNetwork(text) !== null, 'not an address or network'))
        .default([])
        .describe('Proxies whose header is believed; empty: nobody is'),
    })
    .prefault({})
    .describe('The user behind an authenticating proxy, for the audit'),
  allowed_hosts: z
    .array(z.string())
    .default([])
    .describe('Names, beside localhost and `host`, under which browsers may reach it (Host header)'),
});

export type ConsoleConfig = z.output<typeof consoleConfig>;
