import { createHash, timingSafeEqual } from 'node:crypto';
import { contains, parseIp, parseNetwork } from '../../lib/ip.ts';
import type { ConsoleConfig } from './config.ts';

export type Role = 'read' | 'operate';

/** Who asks, and what they may do. */
export interface Caller {
  /** Name for the audit. */
  readonly who: string;
  readonly may: ReadonlySet<Role>;
}

interface Asking {
  readonly authorization: string | undefined;
  /** Address of the connection. */
  readonly peer: string;
  header(name: string): string | undefined;
}

/**
 * Bearer tokens with a role each, kept as SHA-256. Reading is free unless `read_needs_token` is set; operating never is.
 * A proxy that is trusted by its address may name its user: that name goes into the audit, with the token's role.
 */
export function createAccess(config: ConsoleConfig): { callerOf(asking: Asking): Caller } {
  const tokens: { readonly name: string; readonly hash: Buffer; readonly role: Role }[] = config.tokens.map(
    ({ name, sha256, role }) => ({
      name,
      hash: Buffer.from(sha256, 'hex'),
      role,
    }),
  );
  if (config.token !== undefined)
    tokens.push({ name: 'console', hash: sha256(config.token), role: 'operate' });
  const proxies = config.trusted_user.from.map((text) => parseNetwork(text)!);
  const everyone: readonly Role[] = config.read_needs_token ? [] : ['read'];
  return {
    callerOf(asking) {
      const given = /^Bearer (.+)$/.exec(asking.authorization ?? '')?.[1];
      const hash = given === undefined ? null : sha256(given);
      const token = tokens.find((each) => hash !== null && timingSafeEqual(each.hash, hash));
      const may = new Set<Role>(everyone);
      if (token !== undefined) may.add('read');
      if (token?.role === 'operate') may.add('operate');
      const peer = parseIp(asking.peer);
      const isProxy = peer !== null && proxies.some((network) => contains(network, peer));
      const user = isProxy ? asking.header(config.trusted_user.header) : undefined;
      const who = token?.name ?? 'anonymous';
      return { who: user === undefined || user === '' ? who : `${user.slice(0, 80)} (${who})`, may };
    },
  };
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
