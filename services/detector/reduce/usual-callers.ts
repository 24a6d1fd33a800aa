import { clientKey, parseIp } from '../../../lib/ip.ts';
import { minedAttributes } from '../layout.ts';
import type { SiteState, WatchedScope } from './site-state.ts';

/** A caller sends at least this share of what is usual at the scope, in this many samples. */
const leastCaller = { share: 0.02, samples: 8 } as const;

/** Clients that are a visible part of a scope's normal traffic by themselves: a partner's server, a gateway. */
export function callersOf({ baseline: { reference } }: WatchedScope): ReadonlySet<number> {
  const counts = new Map<number, number>();
  for (const { client } of reference) counts.set(client, (counts.get(client) ?? 0) + 1);
  const least = Math.max(leastCaller.samples, leastCaller.share * reference.length);
  const callers = new Set<number>();
  for (const [client, count] of counts) if (count >= least) callers.add(client);
  return callers;
}

/** Of fewer samples one visit is a visible part. */
const leastReference = 150;
const addressAt = minedAttributes.indexOf('client_ip');

/**
 * The largest share that each address has of what is normal at an endpoint, by the key of its client (lib/ip.ts). What is
 * normal is behaved well and from before any episode, so nobody gets in here by what he is accused of.
 */
export function usualShares({ scopes }: SiteState): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  for (const { scope, baseline } of scopes.values()) {
    const { reference } = baseline;
    if (scope.kind !== 'endpoint' || reference.length < leastReference) continue;
    const counts = new Map<string, number>();
    for (const { attributes } of reference) {
      const address = attributes[addressAt];
      if (address != null) counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    for (const [address, count] of byClient(counts)) {
      if (count < leastCaller.samples) continue;
      const share = count / reference.length;
      if (share > (shares.get(address) ?? 0)) shares.set(address, share);
    }
  }
  return shares;
}

/** Addresses of one IPv6 /64 together. */
function byClient(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const clients = new Map<string, number>();
  for (const [address, count] of counts) {
    const key = address.includes(':') ? clientKey(parseIp(address)!) : address;
    clients.set(key, (clients.get(key) ?? 0) + count);
  }
  return clients;
}
