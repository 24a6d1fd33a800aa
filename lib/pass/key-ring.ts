/**
 * A secret that passes are signed with. The HMAC is keyed with the characters of `secret` as they stand, not with what
 * they may encode: HAProxy's jwt_verify takes the text, and so everybody does.
 */
export interface PassKey {
  /** Names the key in passes: a-z, 0-9 and -, at most 32 characters. */
  readonly kid: string;
  /** 43 characters or more of A-Z, a-z, 0-9, - and _: `openssl rand -base64 32 | tr '+/' '-_' | tr -d =` */
  readonly secret: string;
}

/** The first key signs, all verify. To rotate: add the new one last everywhere, move it first, drop the old one. */
export interface KeyRing {
  readonly signing: PassKey;
  find(kid: string): PassKey | undefined;
}

/** Throws one error that names every problem; secrets are not shown. */
export function createKeyRing(keys: readonly PassKey[]): KeyRing {
  const problems: string[] = [];
  const byId = new Map<string, PassKey>();
  for (const [index, key] of keys.entries()) {
    const at = `keys[${index}]`;
    if (!/^[a-z0-9-]{1,32}$/.test(key.kid))
      problems.push(`${at}.kid: use a-z, 0-9 and -, 1 to 32 characters`);
    else if (byId.has(key.kid)) problems.push(`${at}.kid: ${key.kid} is there already`);
    if (!/^[\w-]{43,256}$/.test(key.secret))
      problems.push(
        `${at}.secret: use 43 to 256 characters of A-Z, a-z, 0-9, - and _ (32 random bytes or more)`,
      );
    byId.set(key.kid, key);
  }
  const [signing] = keys;
  if (signing === undefined) problems.push('keys: at least one is needed');
  if (signing === undefined || problems.length > 0) throw new Error(`passes: ${problems.join('; ')}`);
  return { signing, find: (kid) => byId.get(kid) };
}
