import { createHash } from 'node:crypto';

/** A value of a request header, as Node gives it. */
export type HeaderValue = string | readonly string[] | undefined;

/**
 * The fingerprint that a pass is bound to: the first 16 characters of the base64url of SHA-256 over the values of the
 * headers, joined by line feeds; a missing header is empty. nginx and HAProxy work out the same.
 */
export function fingerprintOf(values: readonly HeaderValue[]): string {
  const text = values.map((value) => (Array.isArray(value) ? value.join(', ') : (value ?? ''))).join('\n');
  // Node gives the bytes of a header as Latin-1, edges hash them as they came.
  return createHash('sha256').update(text, 'latin1').digest('base64url').slice(0, 16);
}

/** Four characters for a page; a clash in 16 million only fails to count a second page. */
export function pageMark(endpoint: string): string {
  return createHash('sha256').update(endpoint).digest('base64url').slice(0, 4);
}
