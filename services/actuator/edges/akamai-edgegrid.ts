import { createHash, createHmac } from 'node:crypto';
import type { Unsigned } from '../vendor/vendor-http.ts';

export interface EdgeGridCredential {
  readonly client_token: string;
  readonly access_token: string;
  readonly client_secret: string;
}

/** Akamai signs this much of a body. */
const signedBytes = 131_072;

/**
 * The `Authorization` header of EdgeGrid, EG1-HMAC-SHA256 (techdocs.akamai.com, "Authenticate with EdgeGrid"). A key is
 * derived from the secret and the time, and signs method, URL and the start of a POST body.
 * @param at epoch ms; Akamai refuses what is more than 30 s off
 * @param nonce used once; a UUID
 */
export function edgeGridAuthorization(
  { method, url, body }: Unsigned,
  credential: EdgeGridCredential,
  at: number,
  nonce: string,
): string {
  const timestamp = new Date(at)
    .toISOString()
    .replace(/-/g, '')
    .replace(/\.\d+Z$/, '+0000');
  const unsigned =
    `EG1-HMAC-SHA256 client_token=${credential.client_token};access_token=${credential.access_token};` +
    `timestamp=${timestamp};nonce=${nonce};`;
  const bytes = Buffer.from(body, 'utf8').subarray(0, signedBytes);
  const contentHash =
    method === 'POST' && bytes.length > 0 ? createHash('sha256').update(bytes).digest('base64') : '';
  const signedHeaders = '';
  const data = [
    method,
    url.protocol.slice(0, -1),
    url.host,
    url.pathname + url.search,
    signedHeaders,
    contentHash,
    unsigned,
  ].join('\t');
  const key = hmac(timestamp, credential.client_secret);
  return `${unsigned}signature=${hmac(data, key)}`;
}

function hmac(text: string, key: string): string {
  return createHmac('sha256', key).update(text).digest('base64');
}
