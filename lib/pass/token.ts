import { createHmac, timingSafeEqual } from 'node:crypto';
import { namesOf, requiredBits } from '../signature/standing.ts';
import type { KeyRing, PassKey } from './key-ring.ts';

/** What a pass says. On the wire it is a JSON Web Token (RFC 7519), signed with HS256. */
export interface Pass {
  /** `jti`: random, the same for a whole visit; what rates are kept by, and what is revoked. */
  readonly id: string;
  /** `iat`, epoch seconds. */
  readonly issuedAt: number;
  /** `exp`, epoch seconds. */
  readonly expiresAt: number;
  /** `vst`: when the visit began, epoch seconds. */
  readonly visitStartedAt: number;
  /** `st`: bits of lib/signature/standing.ts. */
  readonly standing: number;
  /** `pg`: four characters for the first page of the visit, so that a second one can be told; empty for none. */
  readonly firstPage: string;
  /** `fp`: fingerprint of the client (lib/pass/binding.ts). */
  readonly fingerprint: string;
  /** `net`: what is known of the client's network; empty when passes are not bound to it. */
  readonly network: string;
}

/** Why a pass is not believed. */
export type Refusal =
  | 'absent'
  | 'malformed'
  | 'algorithm'
  | 'unknown_key'
  | 'signature'
  | 'claims'
  | 'expired'
  | 'not_yet'
  | 'other_client'
  | 'other_network';

/** Who shows the pass. */
export interface Holder {
  readonly fingerprint: string;
  /** null: the network is not looked at. */
  readonly network: string | null;
}

export type Verified = { readonly pass: Pass } | { readonly refused: Refusal };

/** Longer ones are not even read. */
export const longestToken = 1024;
/** Clocks of two machines differ by at most this. */
const skewSeconds = 60;
const idPattern = /^[\w-]{16,32}$/;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Standing as text in which one word can be found by a plain substring match: `|cart|several|`, `|` for none. */
export function standingText(standing: number): string {
  return `|${namesOf(standing)
    .map((name) => `${name}|`)
    .join('')}`;
}

/** The signed text of a pass, by the ring's first key. */
export function signPass(pass: Pass, keys: KeyRing): string {
  const { signing } = keys;
  const head = encode({ alg: 'HS256', typ: 'JWT', kid: signing.kid });
  const body = encode({
    iss: 'tidegate',
    iat: pass.issuedAt,
    exp: pass.expiresAt,
    vst: pass.visitStartedAt,
    jti: pass.id,
    st: standingText(pass.standing),
    ...(pass.firstPage === '' ? {} : { pg: pass.firstPage }),
    fp: pass.fingerprint,
    ...(pass.network === '' ? {} : { net: pass.network }),
  });
  return `${head}.${body}.${signatureOf(`${head}.${body}`, signing)}`;
}

/** Whether the text is a pass that `holder` may use at `at` (epoch ms). Throws nothing, whatever the text. */
export function verifyPass(text: string | undefined, keys: KeyRing, holder: Holder, at: number): Verified {
  if (text === undefined || text === '') return { refused: 'absent' };
  if (text.length > longestToken) return { refused: 'malformed' };
  const [head, body, signature, ...rest] = text.split('.');
  if (head === undefined || body === undefined || signature === undefined || rest.length > 0)
    return { refused: 'malformed' };
  const header = decode(head);
  if (header === null) return { refused: 'malformed' };
  // The algorithm is ours to choose; a pass that names another is none.
  if (header['alg'] !== 'HS256') return { refused: 'algorithm' };
  const key = typeof header['kid'] === 'string' ? keys.find(header['kid']) : undefined;
  if (key === undefined) return { refused: 'unknown_key' };
  // Compared as texts: several texts decode to the same bytes.
  const expected = Buffer.from(signatureOf(`${head}.${body}`, key));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { refused: 'signature' };
  const pass = readClaims(decode(body));
  if (pass === null) return { refused: 'claims' };
  const second = at / 1000;
  if (second >= pass.expiresAt) return { refused: 'expired' };
  if (second < pass.issuedAt - skewSeconds) return { refused: 'not_yet' };
  if (pass.fingerprint !== holder.fingerprint) return { refused: 'other_client' };
  if (holder.network !== null && pass.network !== holder.network) return { refused: 'other_network' };
  return { pass };
}

function signatureOf(text: string, { secret }: PassKey): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}

function decode(part: string): { readonly [name: string]: unknown } | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return value !== null && typeof value === 'object' ? (value as { [name: string]: unknown }) : null;
  } catch {
    return null;
  }
}

/** null: signed by a key of ours, but not for this. */
function readClaims(claims: { readonly [name: string]: unknown } | null): Pass | null {
  if (claims === null) return null;
  const { iss, iat, exp, vst, jti, st, pg = '', fp, net = '' } = claims;
  const isTime = (value: unknown): value is number => Number.isSafeInteger(value);
  if (iss !== 'tidegate' || !isTime(iat) || !isTime(exp) || !isTime(vst)) return null;
  if (typeof jti !== 'string' || !idPattern.test(jti) || typeof st !== 'string') return null;
  if (typeof pg !== 'string' || typeof fp !== 'string' || typeof net !== 'string') return null;
  return {
    id: jti,
    issuedAt: iat,
    expiresAt: exp,
    visitStartedAt: vst,
    standing: requiredBits(st.split('|')),
    firstPage: pg,
    fingerprint: fp,
    network: net,
  };
}
