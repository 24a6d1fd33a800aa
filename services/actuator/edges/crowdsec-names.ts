import type { Entry, EntryKind } from '../edge.ts';
import { isAddress } from '../entry-name.ts';
import { withoutHostLength } from '../vendor/vendor-entries.ts';

/** How CrowdSec names what we decide, to its bouncers and to its local API; compared letter by letter. */

const scopes = { asn: 'AS', country: 'Country', session: 'Session', ja4: 'JA4' } as const;

export const crowdsecKinds: readonly EntryKind[] = ['ip4', 'ip6', ...(Object.keys(scopes) as ScopedKind[])];
type ScopedKind = keyof typeof scopes;

export const crowdsecTypes: { readonly [action: string]: string } = {
  block: 'ban',
  challenge: 'captcha',
  rate_limit: 'throttle',
};

/** `192.0.2.1` of a single address; other values as they are. */
export function crowdsecValue({ kind, value }: Pick<Entry, 'kind' | 'value'>): string {
  return isAddress({ kind }) ? withoutHostLength(value) : value;
}

export function crowdsecScope(entry: Pick<Entry, 'kind' | 'value'>): string {
  if (isAddress(entry)) return crowdsecValue(entry) === entry.value ? 'Range' : 'Ip';
  return scopes[entry.kind as ScopedKind];
}

/** The kind behind a scope that is not of addresses. */
export function kindOfScope(scope: string): EntryKind | undefined {
  return (Object.keys(scopes) as ScopedKind[]).find((kind) => scopes[kind] === scope);
}
