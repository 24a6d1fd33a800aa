import { formatNetwork, isV4, maskIp, parseNetwork } from '../../../lib/ip.ts';
import type { Entry } from '../edge.ts';

/** When single addresses may become a network at a full edge. Only where the owner of the edge has asked for it. */
export interface AggregateOptions {
  /** Prefix lengths of the networks, as people write them: 24 for IPv4, 48 for IPv6. */
  readonly v4: number;
  readonly v6: number;
  /** Fewest addresses that must be listed in a network. */
  readonly minMembers: number;
  /** Most good requests of the sample that the whole network may have sent. */
  readonly maxCollateral: number;
}

/**
 * Networks that could stand for several listed addresses each, with what all of them stop together. Nothing else about
 * a network is known: what it would cost is what good clients in it sent lately, and `permits` says whether anything
 * protects it.
 */
export function aggregatedEntries(
  entries: readonly Entry[],
  options: AggregateOptions,
  collateralOf: (entry: Entry) => number,
  permits: (entry: Entry) => boolean,
): Entry[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (entry.action !== 'block' || entry.byHand === true) continue;
    const key = aggregateKey(entry.key, options);
    if (key === null) continue;
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [entry]);
    else members.push(entry);
  }
  const aggregated: Entry[] = [];
  for (const [key, members] of groups) {
    if (members.length < options.minMembers) continue;
    const entry = unite(key, members, options.minMembers);
    if (collateralOf(entry) <= options.maxCollateral && permits(entry)) aggregated.push(entry);
  }
  return aggregated;
}

/** Key of the network that an address would become; null: it is no address, or as wide already. */
export function aggregateKey(key: string, lengths: Pick<AggregateOptions, 'v4' | 'v6'>): string | null {
  const [kind = '', value = ''] = key.split('|', 2);
  const address = kind === 'ip4' || kind === 'ip6' ? parseNetwork(value) : null;
  if (address === null) return null;
  const prefix = isV4(address.address) ? lengths.v4 + 96 : lengths.v6;
  if (address.prefix <= prefix) return null;
  return `${kind}|${formatNetwork({ address: maskIp(address.address, prefix), prefix })}`;
}

function unite(key: string, members: readonly Entry[], minMembers: number): Entry {
  const first = members.reduce((best, each) =>
    each.requests > best.requests || (each.requests === best.requests && each.key < best.key) ? each : best,
  );
  const ends = members.map(({ expiresAt }) => expiresAt).sort((a, b) => b - a);
  const value = key.slice(key.indexOf('|') + 1);
  return {
    ...first,
    key,
    value,
    target: { kind: 'cidr', value, signature: null },
    reason: `${members.length} listed addresses; the list has no room for each`,
    requests: members.reduce((sum, { requests }) => sum + requests, 0),
    campaignIds: [...new Set(members.flatMap(({ campaignIds }) => campaignIds))].sort(),
    // It holds for as long as enough of them do.
    expiresAt: ends[minMembers - 1]!,
  };
}
