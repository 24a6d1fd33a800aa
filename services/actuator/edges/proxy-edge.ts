import { formatNetwork, type Network } from '../../../lib/ip.ts';
import { endUserAttributes } from '../../../lib/signature/attributes.ts';
import type { EntryKind, Pool } from '../edge.ts';

/** What edges that are proxies of the owner have in common. */

/** Kinds that are looked up by their value alone, where the proxy is told of them. */
export const valueKinds = ['asn', 'country', 'ja3', 'ja4'] as const satisfies readonly EntryKind[];

/** What a proxy knows of a request only if it is told: those, and where the end user is whom a partner calls for. */
export const toldAttributes = [...valueKinds, ...endUserAttributes] as const;

/** A pool for addresses and one for rules: signatures, and the kinds that the proxy is told of. */
export function proxyPools(
  config: { readonly capacity: number; readonly rules: number },
  told: readonly EntryKind[],
): Pool[] {
  const addresses: Pool = { name: 'addresses', holds: ['ip4', 'ip6'], capacity: config.capacity };
  if (config.rules === 0) return [addresses];
  return [addresses, { name: 'rules', holds: [...told, 'signature'], capacity: config.rules }];
}

/** Tells by which networks that no rule may stop the rules were written. */
export const exemptText = (exempt: readonly Network[]): string => exempt.map(formatNetwork).join(' ');
export const otherExempt = 'other networks are exempt now';
