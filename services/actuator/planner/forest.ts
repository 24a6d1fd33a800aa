import { isV4, maskIp, type Network } from '../../../lib/ip.ts';
import { spread } from '../spread.ts';
import type { Candidate } from './candidate.ts';

/**
 * Candidates as a forest: the parent of an address is the network or rule that selects it too. Parents stand before
 * their children, so one loop forwards goes down and one backwards goes up. Rules are roots. Columns instead of objects,
 * because there may be a million of them and each is looked at many times.
 */
export interface Forest {
  readonly size: number;
  readonly candidateOf: (node: number) => Candidate;
  /** Of a narrowed forest: the same node in the whole one. */
  readonly origin: Int32Array;
  /** What the candidate stops, with what tells equal ones apart and the bonus. */
  readonly stops: Float64Array;
  /** What the candidate stops, as it was given. */
  readonly given: Float64Array;
  /** Added to what a pinned candidate stops, so that it comes before all that are not. */
  readonly bonus: Float64Array;
  readonly collateral: Float64Array;
  readonly slots: Float64Array;
  readonly pool: Int32Array;
  /** Index of the parent, or -1. */
  readonly parent: Int32Array;
  /** 1 where a node has children. */
  readonly inner: Uint8Array;
  readonly isRule: Uint8Array;
  /** Of a rule: the share of its campaigns' traffic that it does not select. 0 for networks: they miss nothing. */
  readonly missed: Float64Array;
  /** `missed` of the rule at the root of the node's tree; 0 without one. */
  readonly missedAtRoot: Float64Array;
}

/** Relative difference by which equal candidates are told apart: too small to matter, the same on every instance. */
const tieBreak = 1e-7;

function emptyForest(size: number, candidateOf: (node: number) => Candidate) {
  return {
    size,
    candidateOf,
    origin: new Int32Array(size),
    stops: new Float64Array(size),
    given: new Float64Array(size),
    bonus: new Float64Array(size),
    collateral: new Float64Array(size),
    slots: new Float64Array(size),
    pool: new Int32Array(size),
    parent: new Int32Array(size).fill(-1),
    inner: new Uint8Array(size),
    isRule: new Uint8Array(size),
    missed: new Float64Array(size),
    missedAtRoot: new Float64Array(size),
  };
}
type Columns = ReturnType<typeof emptyForest>;

export function buildForest(candidates: readonly Candidate[]): Forest {
  const { order, wide, rules, bonus } = arrange(candidates);
  const forest = emptyForest(candidates.length, (node) => candidates[order[node]!]!);
  const wideNetworks = indexNetworks(
    wide.map((index, at) => ({ network: candidates[index]!.network!, node: rules.length + at })),
  );
  const ruleOf = indexRules(rules.map((index) => candidates[index]!));
  for (let node = 0; node < forest.size; node++) {
    const candidate = candidates[order[node]!]!;
    const { network } = candidate;
    forest.origin[node] = node;
    forest.given[node] = candidate.stops;
    if (candidate.pinned) forest.bonus[node] = bonus;
    forest.stops[node] = candidate.stops * (1 + tieBreak * spread(candidate.key)) + forest.bonus[node]!;
    // Whom a person asked to stop is stopped whatever the budget says.
    forest.collateral[node] = candidate.pinned ? 0 : candidate.collateral;
    forest.slots[node] = candidate.slots;
    forest.pool[node] = candidate.pool;
    if (network === null) {
      forest.isRule[node] = 1;
      forest.missed[node] = Math.max(0, 1 - candidate.coverage);
      continue;
    }
    let parent = wide.length === 0 ? -1 : wideNetworks.around(network);
    // Of traffic in several campaigns nobody knows how much a rule for one of them selects.
    if (parent < 0 && candidate.campaigns.length === 1) parent = ruleOf.get(candidate.campaigns[0]!) ?? -1;
    hang(forest, node, parent);
  }
  return forest;
}

/** Rules first, then networks from wide to narrow, then single addresses: so parents stand before their children. */
function arrange(candidates: readonly Candidate[]): {
  readonly order: Int32Array;
  readonly rules: readonly number[];
  readonly wide: readonly number[];
  readonly bonus: number;
} {
  const rules: number[] = [];
  const wide: number[] = [];
  const single = new Int32Array(candidates.length);
  let singles = 0;
  let total = 0;
  for (let index = 0; index < candidates.length; index++) {
    const { network, stops } = candidates[index]!;
    total += stops;
    if (network === null) rules.push(index);
    else if (network.prefix < 128) wide.push(index);
    else single[singles++] = index;
  }
  wide.sort((a, b) => candidates[a]!.network!.prefix - candidates[b]!.network!.prefix);
  const order = new Int32Array(candidates.length);
  order.set(rules, 0);
  order.set(wide, rules.length);
  order.set(single.subarray(0, singles), rules.length + wide.length);
  return { order, rules, wide, bonus: total + 1 };
}

function hang(forest: Columns, node: number, parent: number): void {
  forest.parent[node] = parent;
  if (parent < 0) return;
  forest.inner[parent] = 1;
  forest.missedAtRoot[node] =
    forest.isRule[parent] === 1 ? forest.missed[parent]! : forest.missedAtRoot[parent]!;
}

/** The forest of the nodes that are kept: with a node its parent is kept too. */
export function narrowForest(forest: Forest, kept: Uint8Array): Forest {
  let size = 0;
  const at = new Int32Array(forest.size);
  for (let node = 0; node < forest.size; node++) if (kept[node] === 1) at[node] = size++;
  if (size === forest.size) return forest;
  const narrow: Columns = emptyForest(size, (node) => forest.candidateOf(narrow.origin[node]!));
  for (let node = 0; node < forest.size; node++) {
    if (kept[node] === 0) continue;
    const index = at[node]!;
    narrow.origin[index] = node;
    narrow.stops[index] = forest.stops[node]!;
    narrow.given[index] = forest.given[node]!;
    narrow.bonus[index] = forest.bonus[node]!;
    narrow.collateral[index] = forest.collateral[node]!;
    narrow.slots[index] = forest.slots[node]!;
    narrow.pool[index] = forest.pool[node]!;
    narrow.isRule[index] = forest.isRule[node]!;
    narrow.missed[index] = forest.missed[node]!;
    hang(narrow, index, forest.parent[node]! < 0 ? -1 : at[forest.parent[node]!]!);
  }
  return narrow;
}

/** The rule that stands for a campaign: of several the one that stops most. */
function indexRules(rules: readonly Candidate[]): ReadonlyMap<string, number> {
  const nodes = new Map<string, number>();
  for (const [node, { campaigns, coverage, stops, key }] of rules.entries()) {
    if (coverage <= 0) continue;
    for (const campaign of campaigns) {
      const present = rules[nodes.get(campaign) ?? -1];
      const isLarger =
        present === undefined || stops > present.stops || (stops === present.stops && key < present.key);
      if (isLarger) nodes.set(campaign, node);
    }
  }
  return nodes;
}

function indexNetworks(members: readonly { readonly network: Network; readonly node: number }[]): {
  /** The node of the narrowest network that is wider than this one and contains it, or -1. */
  around(network: Network): number;
} {
  const byLength = new Map<number, Map<number | string, number>>();
  for (const { network, node } of members) {
    let nodes = byLength.get(network.prefix);
    if (nodes === undefined) {
      nodes = new Map();
      byLength.set(network.prefix, nodes);
    }
    nodes.set(networkNumber(network.address, network.prefix), node);
  }
  const lengths = [...byLength].sort(([a], [b]) => b - a);
  return {
    around(network) {
      const bits = isV4(network.address) ? network.address.readUInt32BE(12) : null;
      for (const [prefix, nodes] of lengths) {
        if (prefix >= network.prefix) continue;
        const found = nodes.get(
          bits !== null && prefix > 96
            ? bits - (bits % 2 ** (128 - prefix))
            : networkNumber(network.address, prefix),
        );
        if (found !== undefined) return found;
      }
      return -1;
    },
  };
}

/** The first `prefix` bits as something a map can hold: a number within IPv4. */
function networkNumber(address: Buffer, prefix: number): number | string {
  if (prefix <= 96 || !isV4(address)) return maskIp(address, prefix).toString('latin1');
  const bits = address.readUInt32BE(12);
  return bits - (bits % 2 ** (128 - prefix));
}
