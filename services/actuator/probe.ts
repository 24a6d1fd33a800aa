import type { Entry } from './edge.ts';
import { spread } from './spread.ts';

/**
 * What is stopped upstream of the log is no longer seen there, so nobody knows whether the attack goes on. A probe lets
 * a little of each campaign through, for a moment: its rule, or where the edge holds none, one of its addresses.
 */
export interface ProbeOptions {
  /** One probe of each campaign in this time. */
  readonly everyMs: number;
  /** How long it lasts. */
  readonly forMs: number;
}

export interface Probed {
  /** What is wanted without what is let through now. */
  readonly entries: readonly Entry[];
  readonly released: readonly Entry[];
  /** Epoch ms at which the answer changes by itself. */
  readonly nextChangeAt: number;
}

/** Pure: the same entries and time give the same probe. `secret` keeps attackers from working out the moment. */
export function withProbes(
  entries: readonly Entry[],
  at: number,
  options: ProbeOptions,
  secret: string,
): Probed {
  const window = Math.floor(at / options.everyMs);
  const byCampaign = new Map<string, { readonly entry: Entry; readonly rank: number }>();
  for (const entry of entries) {
    const [campaign] = entry.campaignIds;
    if (campaign === undefined || entry.campaignIds.length > 1 || entry.byHand === true) continue;
    // A rule before any address: an address that its rule still stops would tell nothing.
    const rank = spread(`${secret} ${window} ${entry.key}`) + (entry.kind === 'signature' ? 0 : 1);
    const present = byCampaign.get(campaign);
    if (present === undefined || rank < present.rank) byCampaign.set(campaign, { entry, rank });
  }
  const released = new Set<Entry>();
  let nextChangeAt = byCampaign.size === 0 ? Number.POSITIVE_INFINITY : (window + 1) * options.everyMs;
  for (const [campaign, { entry }] of byCampaign) {
    const latest = Math.max(0, options.everyMs - options.forMs);
    const from = window * options.everyMs + Math.floor(latest * spread(`${secret} ${window} ${campaign}`));
    const until = from + options.forMs;
    if (at < from) nextChangeAt = Math.min(nextChangeAt, from);
    else if (at < until) {
      released.add(entry);
      nextChangeAt = Math.min(nextChangeAt, until);
    }
  }
  return {
    entries: released.size === 0 ? entries : entries.filter((entry) => !released.has(entry)),
    released: [...released],
    nextChangeAt,
  };
}
