import { createHash, timingSafeEqual } from 'node:crypto';

/** SHA-256 in hex, as the configuration keeps tokens. Tokens are random and long, so a plain hash is enough. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares in constant time. */
export function matchesSecret(given: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(given), 'hex'), Buffer.from(hash, 'hex'));
}
