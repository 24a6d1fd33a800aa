import type { Signature } from '../contracts/generated.ts';
import { type EndpointFunction, endpointFunctions } from '../path/endpoint-function.ts';

/**
 * What speaks for a client when a request comes, from what it did before: the parts of the site that it used earlier in
 * this visit, and its history. An attacker can copy every attribute of a request; what came before it costs time and
 * requests, and each part asked for costs more.
 *
 * Parts are functions of endpoints (lib/path/endpoint-function.ts); `other` is any that has no name. The part of the
 * request itself never counts: to have asked for stock speaks for nobody who asks for stock. Their order is that of the
 * bits, which checkpoints and baselines keep.
 */
export const parts = endpointFunctions;
export type Part = EndpointFunction;

const bits = new Map<string, number>(parts.map((name, index) => [name, 1 << index]));
const partMask = (1 << parts.length) - 1;

/** More than one page, of whatever part. A condition as the parts are. */
export const several = 1 << parts.length;
/** Successes spread over time, few failures. */
export const history = 1 << (parts.length + 1);
/** A bot whose operator vouches for its address. */
export const verified = 1 << (parts.length + 2);
/** A partner's or key holder's server: it reads no pages, and its key is judged instead. */
export const caller = 1 << (parts.length + 3);

/** The request carries an account, and the site did not refuse it. No log-in: there, an account is a mere claim. */
export const signedIn = 1 << (parts.length + 4);

const conditionBits: { readonly [name: string]: number } = {
  ...Object.fromEntries(bits),
  several,
  history,
  signed_in: signedIn,
};
/** What `good_after` may name, besides any page. `history`: only a history will do. */
export const conditions: readonly string[] = Object.keys(conditionBits);

export function partBit(name: string): number {
  return bits.get(name) ?? bits.get('other')!;
}

/** Those that say what somebody did there. */
export const namedParts = partMask & ~(partBit('other') | partBit('content'));

/** What is left of a standing without some parts: who used no others but these has seen no more than them. */
export function withoutParts(standing: number, without: number): number {
  const used = standing & partMask;
  const left = used & ~without;
  return (standing & ~pages) | left | (used !== 0 && left === 0 ? 0 : standing & several);
}

/** The bit of an endpoint. The form of a log-in that is asked for is a page like another; the log-in is what is sent. */
export function partOf(endpointFunction: string, method: string): number {
  const isForm = endpointFunction === 'login' && (method === 'GET' || method === 'HEAD');
  return partBit(isForm ? 'content' : endpointFunction);
}

/** The bits that `good_after` names; 0: any part will do. Names that this version does not know are no condition. */
export function requiredBits(goodAfter: readonly string[]): number {
  let required = 0;
  for (const name of goodAfter) required |= name === anyPage ? pages : (conditionBits[name] ?? 0);
  return required;
}

export function namesOf(standing: number): string[] {
  return conditions.filter((name) => (standing & conditionBits[name]!) !== 0);
}

/** Any page, of whatever part: what is asked where no part is named, as one of several things that will do. */
const pages = partMask | several;
export const anyPage = 'page';

/** The names in `good_after` for what is asked; none where any part will do. */
export function goodAfter(required: number): string[] {
  return (required & pages) === pages ? [anyPage, ...namesOf(required & ~pages)] : namesOf(required);
}

/** Whether any page will do, be it as one of several things. */
export const asksNoMoreThanPage = (required: number): boolean =>
  required === 0 || (required & pages) === pages;

/** What is asked, or to be signed in. */
export const orSignedIn = (required: number): number => (required === 0 ? pages : required) | signedIn;

/** Whether a client of this standing is good enough: it has any one of `required`, or a history. */
export function meets(standing: number, required: number): boolean {
  if ((standing & (history | verified)) !== 0) return true;
  return (standing & (asksNoMoreThanPage(required) ? pages | caller | required : required)) !== 0;
}

/**
 * In `good_after` of a signature that would spare nobody, or with `except_good` only those with a history: any standing will
 * do, because sparing them lets nobody else through.
 */
export const anyStanding = 'any';

/** A signature made to spare those of this standing, where an edge knows them. */
export function sparingWhereKnown(signature: Signature, required: number): Signature {
  return { ...signature, good_after: required === 0 ? [anyStanding] : goodAfter(required) };
}

/** Whether a signature spares more than it must. */
export function sparesFreely({ except_good: must, good_after: names }: Signature): boolean {
  return must ? names.includes(anyStanding) : names.length > 0;
}

/** A signature that spares no more than it must: as it holds where nobody knows the good, unless it must spare some. */
export function sparingFewest(signature: Signature): Signature {
  if (!sparesFreely(signature)) return signature;
  return { ...signature, good_after: signature.except_good ? goodAfter(history) : [] };
}

/**
 * Whom a signature spares (bits, 0: any standing), where the edge knows clients; null: nobody. With `except_good` it
 * must not stand where the edge does not know them.
 */
export function sparedBy({ except_good: always, good_after: names }: Signature): number | null {
  return always || names.length > 0 ? requiredBits(names) : null;
}

/** Whether the signature, which selects the request, leaves its client alone. */
export function spares(signature: Signature, standing: number): boolean {
  const required = sparedBy(signature);
  return required !== null && meets(standing, required);
}
