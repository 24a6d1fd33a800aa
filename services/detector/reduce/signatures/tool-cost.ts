import { flag, minedAttributes } from '../../layout.ts';
import { wilsonUpper } from '../miner/bounds.ts';
import { sampleCost } from '../miner/sample-predicate.ts';
import { shareSelected, type Weighted } from '../miner/weighted.ts';
import type { WatchedScope } from '../site/site-state.ts';
import { mostBorne } from './good-traffic.ts';
import type { Moved } from './sent-ahead.ts';

/** Who is good at an endpoint, and how many people that is. */
export interface People {
  readonly good: readonly Weighted[];
  readonly count: number;
  /** Most of them come through servers, as through a partner's: what a page needs is no part of it. */
  readonly throughServers: boolean;
}

const endUserAt = minedAttributes.indexOf('end_user_country');

/** A client is one; of a server that people come through each request that names its end user is. */
export function peopleOf(good: readonly Weighted[], servers: ReadonlySet<number>): People {
  const clients = new Set<number>();
  let behind = 0;
  for (const { sample } of good)
    if (servers.has(sample.client) && sample.attributes[endUserAt] !== null) behind++;
    else clients.add(sample.client);
  return { good, count: clients.size + behind, throughServers: behind > clients.size };
}

/** Those of before, as whom nobody can come who has begun since. */
export const peopleBefore = ({ baseline }: WatchedScope, servers: ReadonlySet<number>): People =>
  peopleOf(
    baseline.reference
      .filter(({ flags }) => (flags & flag.verified) === 0)
      .map((sample): Weighted => ({ sample, weight: 1 })),
    servers,
  );

/** Fewer people say nothing about an endpoint. */
const leastPeople = 10;

/** What a look costs at another endpoint. */
export interface ToolCost {
  readonly collateral: number;
  readonly collateralUpper: number;
}

/**
 * What a look costs that is at work at another endpoint; null: too much, or nobody can say. Who is good there must not have it
 * (through servers: next to nobody), and together with those of the endpoint that it was found at they must be enough: who loads a
 * form is who posts it, and most who have been here long are signed in and load none.
 */
export function toolCost({ live, signature }: Moved, here: People, mostUpper: number): ToolCost | null {
  if (here.count < leastPeople) return null;
  const collateral = shareSelected(here.good, [sampleCost(signature)]);
  if (collateral > (here.throughServers ? mostBorne : 0)) return null;
  const all = here.count + live.goodSample;
  const selected = collateral * here.count + live.collateral * live.goodSample;
  const collateralUpper = wilsonUpper(selected / all, all);
  return collateralUpper > mostUpper ? null : { collateral, collateralUpper };
}
