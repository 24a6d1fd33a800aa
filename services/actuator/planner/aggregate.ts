import { formatNetwork, isV4, maskIp, type Network, parseNetwork } from '../../../lib/ip.ts';
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
  const groups = new Map<string, { readonly network: Network; readonly members: Entry[] }>();
  for (const entry of entries) {
    if (entry.action !== 'block' || entry.byHand === true) continue;
    const address = entry.kind === 'ip4' || entry.kind === 'ip6' ? parseNetwork(entry.value) : null;
    const prefix = address !== null && isV4(address.address) ? options.v4 + 96 : options.v6;
    if (address === null || address.prefix <= prefix) continue;
    const network = { address: maskIp(address.address, prefix), prefix };
    const value = formatNetwork(network);
    const group = groups.get(value);
    if (group === undefined) groups.set(value, { network, members: [entry] });
    else group.members.push(entry);
  }
  const aggregated: Entry[] = [];
  for (const [value, { members }] of groups) {
    if (members.length < options.minMembers) continue;
    const entry = unite(value, members, options.minMembers);
    if (collateralOf(entry) <= options.maxCollateral && permits(entry)) aggregated.push(entry);
  }
  return aggregated;
}

function unite(value: string, members: readonly Entry[], minMembers: number): Entry {
  const first = members.reduce((best, each) =>
    each.requests > best.requests || (each.requests === best.requests && each.key < best.key) ? each : best,
  );
  const ends = members.map(({ expiresAt }) => expiresAt).sort((a, b) => b - a);
  return {
    ...first,
    key: `${first.kind}|${value}`,
    value,
    target: { kind: 'cidr', value, signature: null },
    reason: `${members.length} listed addresses; the list has no room for each`,
    requests: members.reduce((sum, { requests }) => sum + requests, 0),
    campaignIds: [...new Set(members.flatMap(({ campaignIds }) => campaignIds))].sort(),
    // It holds for as long as enough of them do.
    expiresAt: ends[minMembers - 1]!,
  };
}
