import { createHmac, hkdfSync } from 'node:crypto';
import { detached } from '../../lib/detached-text.ts';
import { createTwoGenerationCache, type TwoGenerationCache } from '../../lib/two-generation-cache.ts';
import { base32Text } from './base32-text.ts';
import type { PrivacyConfig } from './config.ts';

export type IdentityKind = 'session' | 'account' | 'api-key';

/**
 * Pseudonyms of identities: `k<key id>.` and base32 of the first 16 bytes of HMAC-SHA256(key, site 0 kind 0 value).
 * The same value has the same pseudonym on every collector and for every event that falls to the same key; another
 * site or kind gives another one. After a rotation all identities look new once: `from` of the new key says when.
 */
export type Pseudonymiser = (kind: IdentityKind, site: string, value: string, timestamp: number) => string;

interface Key {
  readonly prefix: string;
  readonly secret: Buffer;
  readonly fromAt: number;
  readonly recent: TwoGenerationCache<string, string>;
}

/** Recent values per key: an HMAC costs about 3 microseconds, a look-up a tenth of that. */
const recentValues = 131_072;
/** Longer identities are cut: no session id is longer, and the cache must stay small. */
const maxIdentityLength = 4096;

export function createPseudonymiser(keys: PrivacyConfig['keys'], secret: Buffer): Pseudonymiser {
  const configured = keys.length > 0 ? keys : [{ id: 1, secret: derivedSecret(secret), from: undefined }];
  const byTime = configured
    .map(
      (key): Key => ({
        prefix: `k${key.id}.`,
        secret: Buffer.isBuffer(key.secret) ? key.secret : Buffer.from(key.secret, 'utf8'),
        fromAt: key.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(key.from),
        recent: createTwoGenerationCache(recentValues),
      }),
    )
    .sort((a, b) => b.fromAt - a.fromAt);
  const oldest = byTime.at(-1)!;
  return (kind, site, value, timestamp) => {
    let key = byTime[0]!;
    for (let index = 1; timestamp < key.fromAt && index < byTime.length; index++) key = byTime[index]!;
    if (timestamp < key.fromAt) key = oldest;
    const message = `${site}\0${kind}\0${value.length > maxIdentityLength ? value.slice(0, maxIdentityLength) : value}`;
    const known = key.recent.get(message);
    if (known !== undefined) return known;
    const digest = createHmac('sha256', key.secret).update(message).digest('binary');
    const pseudonym = base32Text(key.prefix, digest);
    key.recent.set(detached(message), pseudonym);
    return pseudonym;
  };
}

function derivedSecret(secret: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'tidegate/collector/identities/1', 32));
}

/** The 16 bytes that key the hashes of parameter values and path segments. */
export function valueKeyBytes(secret: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'tidegate/collector/values/1', 16));
}
