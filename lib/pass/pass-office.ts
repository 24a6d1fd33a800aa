import { randomBytes } from 'node:crypto';
import { asideMethods } from '../path/aside-methods.ts';
import { guessFunction } from '../path/endpoint-function.ts';
import { createRateLimiter } from '../rate-limiter.ts';
import { history, partOf, several, signedIn as signedInBit } from '../signature/standing.ts';
import { createTwoGenerationCache } from '../two-generation-cache.ts';
import { fingerprintOf, pageMark } from './binding.ts';
import { createKeyRing } from './key-ring.ts';
import type { PassOptions, PassRequest } from './options.ts';
import { type Pass, signPass, type Verified, verifyPass } from './token.ts';
import { createTokenReader, tokenNames } from './token-reader.ts';

/**
 * Parts whose endpoints are steps of a visit: another one of the same part is another page. As the detector counts
 * (services/detector/state/actor-table.ts).
 */
const pageParts = new Set(['content', 'search', 'other', 'cart', 'payment', 'account']);

/** What one process remembers of visits, and of addresses that asked for passes. */
const rememberedVisits = 20_000;
const rememberedAddresses = 50_000;

/** A response header to add. */
export interface PassHeader {
  /** `set-cookie`, or the name of the configured header. */
  readonly name: string;
  readonly value: string;
}

export interface PassOffice {
  /** The pass that the request shows, or why it is none. */
  read(request: PassRequest): Verified;
  /**
   * The header that gives the client its pass, or null when it needs none: its pass says all and is young, the answer
   * failed or may be kept by shared caches, or its address got too many. Throws nothing.
   */
  answer(request: PassRequest, status: number, cacheControl: string | undefined): PassHeader | null;
}

/** Issues passes; one for each application. Throws when the options make no sense. */
export function createPassOffice(options: PassOptions): PassOffice {
  const keys = createKeyRing(options.keys);
  const {
    lifeSeconds = 900,
    visitSeconds = 4 * 3600,
    bindTo = ['user-agent'],
    network,
    part = ({ method, endpoint }) => (asideMethods.has(method) ? null : guessFunction(method, endpoint)),
    succeeded = (status) => status >= 200 && status < 400,
    signedIn,
    vouch,
    carrier = 'cookie',
    cookie = tokenNames.cookie,
    header = tokenNames.header,
    domain,
    newPasses = { burst: 60, perMs: 60_000 },
    onError,
    now = Date.now,
  } = options;
  const tokenOf = createTokenReader({ cookie, header });
  if (!(lifeSeconds >= 60 && visitSeconds >= lifeSeconds))
    throw new Error('passes: lifeSeconds is 60 or more, visitSeconds no less than that');
  const limiter = createRateLimiter(newPasses.burst, newPasses.perMs, rememberedAddresses);
  /** Parallel requests show the same pass, and the answer that comes last would undo what the others added. */
  const visits = createTwoGenerationCache<string, { standing: number }>(rememberedVisits);
  const bound = bindTo.map((name) => name.toLowerCase());

  const holderOf = (request: PassRequest) => ({
    fingerprint: fingerprintOf(bound.map((name) => request.headers[name])),
    network: network === undefined ? null : network(request),
  });
  const grow = (request: PassRequest, status: number): PassHeader | null => {
    if (!succeeded(status, request)) return null;
    const at = now();
    const second = Math.floor(at / 1000);
    const holder = holderOf(request);
    const verified = verifyPass(tokenOf(request.headers), keys, holder, at);
    const shown = 'pass' in verified ? verified.pass : null;
    // A long visit begins anew, and earns its standing again.
    const old = shown !== null && second - shown.visitStartedAt < visitSeconds ? shown : null;
    const name = part(request);
    const vouched =
      (vouch?.(request) === true ? history : 0) | (signedIn?.(request) === true ? signedInBit : 0);
    if (name === null && vouched === 0 && old === null) return null;
    const mark =
      name !== null && pageParts.has(name) ? pageMark(`${request.method} ${request.endpoint}`) : '';
    const remembered = old === null ? undefined : visits.get(old.id);
    const before = (old?.standing ?? 0) | (remembered?.standing ?? 0);
    const isSecond = mark !== '' && old !== null && old.firstPage !== '' && old.firstPage !== mark;
    const standing =
      before | vouched | (name === null ? 0 : partOf(name, request.method)) | (isSecond ? several : 0);
    const firstPage = old === null || old.firstPage === '' ? mark : old.firstPage;
    const isYoung = old !== null && old.expiresAt - second > lifeSeconds / 2;
    if (isYoung && standing === old.standing && firstPage === old.firstPage) return null;
    if (old === null && !limiter.admits(request.address, at)) return null;
    const pass: Pass = {
      id: old?.id ?? randomBytes(15).toString('base64url'),
      issuedAt: second,
      expiresAt: second + lifeSeconds,
      visitStartedAt: old?.visitStartedAt ?? second,
      standing,
      firstPage,
      fingerprint: holder.fingerprint,
      network: holder.network ?? '',
    };
    if (remembered === undefined) visits.set(pass.id, { standing });
    else remembered.standing = standing;
    const text = signPass(pass, keys);
    if (carrier === 'header') return { name: header, value: text };
    const wide = domain === undefined ? '' : `; Domain=${domain}`;
    return {
      name: 'set-cookie',
      value: `${cookie}=${text}; Max-Age=${lifeSeconds}; Path=/${wide}; HttpOnly; Secure; SameSite=Lax`,
    };
  };

  return {
    read: (request) => verifyPass(tokenOf(request.headers), keys, holderOf(request), now()),
    answer(request, status, cacheControl) {
      // One client's pass in a shared cache would be everybody's.
      if (cacheControl !== undefined && /\b(?:public|s-maxage|immutable)\b/i.test(cacheControl)) return null;
      try {
        return grow(request, status);
      } catch (error) {
        onError?.(error);
        return null;
      }
    },
  };
}
