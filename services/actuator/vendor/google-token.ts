import { createSign } from 'node:crypto';
import { z } from 'zod';
import { proxiedFetch } from '../../../lib/http/proxied-fetch.ts';
import { EdgeError } from '../edge.ts';
import { faultOfStatus } from './vendor-http.ts';

/** The part of a service account key file that is needed. */
export const serviceAccountKey = z.object({
  client_email: z.string().min(1),
  private_key: z.string().includes('PRIVATE KEY'),
  private_key_id: z.string().optional(),
  token_uri: z.url().default('https://oauth2.googleapis.com/token'),
});
export type ServiceAccountKey = z.output<typeof serviceAccountKey>;

const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.number() });
const scope = 'https://www.googleapis.com/auth/cloud-platform';
/** A token is renewed this long before it ends. */
const marginMs = 300_000;

export interface GoogleTokenOptions {
  /** null: the metadata server of the machine or the pod (workload identity). */
  readonly key: ServiceAccountKey | null;
  readonly metadataUrl: string;
  readonly timeoutMs: number;
  readonly now: () => number;
}

/**
 * Access tokens for Google's APIs: with a service account key by a signed assertion (RFC 7523), else from the metadata
 * server. Throws EdgeError. google-auth-library does this too, and brings six packages for it.
 */
export function createGoogleToken(options: GoogleTokenOptions): (signal: AbortSignal) => Promise<string> {
  const { key, now } = options;
  let token = '';
  let endsAt = 0;

  const ask = async (signal: AbortSignal): Promise<z.output<typeof tokenAnswer>> => {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]);
    const where = key === null ? 'the metadata server' : new URL(key.token_uri).host;
    try {
      const response =
        key === null
          ? // Never through a proxy: the address means this machine.
            await fetch(options.metadataUrl, { headers: { 'metadata-flavor': 'Google' }, signal: bounded })
          : await proxiedFetch(new URL(key.token_uri), {
              method: 'POST',
              headers: { 'content-type': 'application/x-www-form-urlencoded' },
              body: new URLSearchParams({
                grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
                assertion: assertion(key, now()),
              }).toString(),
              signal: bounded,
            });
      const text = await response.text();
      if (!response.ok) {
        const isRefused = response.status === 400; // invalid_grant: the key was revoked
        throw new EdgeError(
          isRefused ? 'credential' : faultOfStatus(response.status),
          `no token from ${where}: ${response.status} ${text.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
        );
      }
      return tokenAnswer.parse(JSON.parse(text));
    } catch (error) {
      if (error instanceof EdgeError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new EdgeError('unavailable', `no token from ${where}: ${why}`, { cause: error });
    }
  };
  return async (signal) => {
    if (now() < endsAt - marginMs) return token;
    const answer = await ask(signal);
    token = answer.access_token;
    endsAt = now() + answer.expires_in * 1000;
    return token;
  };
}

function assertion(key: ServiceAccountKey, at: number): string {
  const issuedAt = Math.floor(at / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = part({
    alg: 'RS256',
    typ: 'JWT',
    ...(key.private_key_id ? { kid: key.private_key_id } : {}),
  });
  const claims = part({
    iss: key.client_email,
    scope,
    aud: key.token_uri,
    iat: issuedAt,
    exp: issuedAt + 3600,
  });
  const signature = createSign('RSA-SHA256').update(`${header}.${claims}`).sign(key.private_key, 'base64url');
  return `${header}.${claims}.${signature}`;
}
