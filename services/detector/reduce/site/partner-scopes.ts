import { endpointOfPair } from '../../groups.ts';
import { countIndex } from '../../layout.ts';
import { sum } from './scope.ts';
import type { SiteState, WatchedScope } from './site-state.ts';

/** An endpoint as each of the partners uses it that call it. */
export function partnerScopes({ scopes }: SiteState, felt: WatchedScope): WatchedScope[] {
  if (felt.scope.kind !== 'endpoint') return [];
  return [...scopes.values()].filter(
    ({ scope: { kind, key } }) => kind === 'partner_endpoint' && endpointOfPair(kind, key) === felt.scope.key,
  );
}

/**
 * Fewer samples of a partner do not tell one in a hundred; one who brings nearly all is the endpoint. Through whom less comes now, through
 * him no attack does.
 */
const partner = { samples: 100, most: 0.9, now: 0.25 } as const;
const nowPanes = 30;

/**
 * Partners through whom a visible part of what comes to an endpoint comes now, each one of several as far as it is known: what an attack
 * through one of them costs is for his people to pay, and would be a small part of all that the others bring.
 */
export function severalPartners(state: SiteState, felt: WatchedScope, pane: number): WatchedScope[] {
  const now = ({ scope }: WatchedScope): number => sum(scope, countIndex.requests, pane, nowPanes);
  const usual = ({ baseline }: WatchedScope): number => baseline.totals[countIndex.requests]!;
  return partnerScopes(state, felt).filter(
    (watched) =>
      watched.baseline.reference.length >= partner.samples &&
      usual(watched) <= partner.most * usual(felt) &&
      now(watched) >= partner.now * now(felt),
  );
}
