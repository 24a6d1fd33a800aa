import { clientKey, parseIp } from '../../../../lib/ip.ts';
import { flag, minedAttributes } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { wilsonUpper } from '../miner/bounds.ts';
import type { BoundedShare, Callers } from '../miner/collateral.ts';
import { type SiteState, scopeId, type WatchedScope } from './site-state.ts';

/** A caller sends at least this share of what is usual at the scope, in this many samples. */
const leastCaller = { share: 0.02, samples: 8 } as const;

/** Of fewer samples one visit is a visible part. */
const leastReference = 150;

interface Caller {
  /** Of what is usual at the scope. */
  readonly share: number;
  /** It mostly got what it asked for. */
  readonly behaved: boolean;
}

/** Who is a visible part of normal samples by itself. */
function visible<Key>(reference: readonly Sample[], keyOf: (sample: Sample) => Key | null): Map<Key, Caller> {
  const counts = new Map<Key, number>();
  for (const sample of reference) {
    const key = keyOf(sample);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const least = Math.max(leastCaller.samples, leastCaller.share * reference.length);
  const callers = new Map<Key, Caller>();
  for (const [key, all] of counts) {
    if (all < least) continue;
    let refused = 0;
    for (const sample of reference)
      if ((sample.flags & (flag.failing | flag.missing)) !== 0 && keyOf(sample) === key) refused++;
    callers.set(key, { share: all / reference.length, behaved: refused * 2 < all });
  }
  return callers;
}

export function callersOf({ baseline: { reference } }: WatchedScope): Callers {
  const callers = visible(reference, ({ client }) => client);
  const clients = new Set(callers.keys());
  if (reference.length < leastReference || clients.size === 0) return { clients, others: everybody };
  let rest = 1;
  for (const { share } of callers.values()) rest -= share;
  const share = (Math.max(0, rest) * reference.length + 0.5) / (reference.length + 1);
  return { clients, others: { share, upper: wilsonUpper(share, reference.length) } };
}

const everybody: BoundedShare = { share: 1, upper: 1 };

/** Those of them that people come through, as through a partner's servers: they mostly got what they asked for. */
export function gatewaysOf({ baseline: { reference } }: WatchedScope): ReadonlySet<number> {
  const callers = visible(reference, ({ client }) => client);
  return new Set([...callers].filter(([, { behaved }]) => behaved).map(([client]) => client));
}

/** The same, where enough is known that it is no visit of one person. */
export function serversOf(watched: WatchedScope): ReadonlySet<number> {
  return watched.baseline.reference.length < leastReference ? new Set() : gatewaysOf(watched);
}

const addressAt = minedAttributes.indexOf('client_ip');

/** The client of a sample by its key (lib/ip.ts). */
export function clientKeyOf({ attributes }: Sample): string | null {
  const address = attributes[addressAt] ?? null;
  return address?.includes(':') ? clientKey(parseIp(address)!) : address;
}

/** The share that a client has of what is normal at the site as a whole; 0: too little is known. */
export function usualShareOfSite({ scopes }: SiteState, key: string): number {
  const reference = scopes.get(scopeId('site', ''))?.baseline.reference ?? [];
  if (reference.length < leastReference) return 0;
  return reference.filter((sample) => clientKeyOf(sample) === key).length / reference.length;
}

/**
 * The largest share that addresses have of what is normal at an endpoint, by the key of the client: of those that people
 * come through. Who was refused most of what he asked for since before there was a baseline is none of them.
 */
export function usualShares({ scopes }: SiteState): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  for (const { scope, baseline } of scopes.values()) {
    if (scope.kind !== 'endpoint' || baseline.reference.length < leastReference) continue;
    for (const [key, { share, behaved }] of visible(baseline.reference, clientKeyOf))
      if (behaved && share > (shares.get(key) ?? 0)) shares.set(key, share);
  }
  return shares;
}
