import { flag } from '../../layout.ts';
import type { Weighted } from '../miner/weighted.ts';
import { partnerScopes } from '../site/partner-scopes.ts';
import type { SiteState, WatchedScope } from '../site/site-state.ts';
import { gatewaysOf } from '../site/usual-callers.ts';

/**
 * Servers that people come through at an endpoint: those that are a visible part of what is usual there, or of what is usual there
 * through one partner, whose few people are not seen among all that others bring.
 */
export function serversThrough(state: SiteState, felt: WatchedScope): ReadonlySet<number> {
  const found = new Set(gatewaysOf(felt));
  for (const watched of partnerScopes(state, felt))
    for (const client of gatewaysOf(watched)) found.add(client);
  return found;
}

/**
 * Requests as an edge sees them that spares the good. What speaks for a server that people come through speaks for an attack that comes
 * through it too; while that goes on the server may look worse, and is as good as ever once it is stopped.
 */
export function asSpared(state: SiteState, felt: WatchedScope, requests: readonly Weighted[]): Weighted[] {
  const servers = serversThrough(state, felt);
  return requests.map((one) =>
    servers.has(one.sample.client)
      ? { ...one, sample: { ...one.sample, flags: one.sample.flags | flag.good } }
      : one,
  );
}
