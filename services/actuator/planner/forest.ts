import { isV4 as isV4Address, v4Number } from '../../../lib/ip.ts';
import { spread } from '../spread.ts';
import type { Candidate } from './candidate.ts';
import { indexNetworks } from './wide-networks.ts';

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
  /** 1 for what is held now. */
  readonly held: Uint8Array;
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
    held: new Uint8Array(size),
    isRule: new Uint8Array(size),
    missed: new Float64Array(size),
    missedAtRoot: new Float64Array(size),
  };
}
type Columns = ReturnType<typeof emptyForest>;

/**
 * `present`: keys of what is held now. Each candidate is read once: a million objects lie all over the memory, and
 * reading one is what costs. Rules stand first, then networks from wide to narrow, then single addresses, so parents
 * stand before their children.
 */
export function buildForest(candidates: readonly Candidate[], present: ReadonlySet<string>): Forest {
  const size = candidates.length;
  const order = new Int32Array(size);
  const forest = emptyForest(size, (node) => candidates[order[node]!]!);
  const rules: number[] = [];
  const wide: number[] = [];
  const pinned: number[] = [];
  /** IPv4 addresses as numbers; others are looked at again. */
  const bits = new Int32Array(size);
  const isV4 = new Uint8Array(size);
  /** Number of the only campaign of an address, from 1. */
  const campaign = new Int32Array(size);
  const campaigns = new Map<string, number>();
  let total = 0;

  const put = (node: number, index: number, candidate: Candidate): void => {
    const { stops, key } = candidate;
    order[node] = index;
    forest.origin[node] = node;
    forest.given[node] = stops;
    forest.stops[node] = stops * (1 + tieBreak * spread(key));
    forest.slots[node] = candidate.slots;
    forest.pool[node] = candidate.pool;
    if (present.size > 0 && present.has(key)) forest.held[node] = 1;
    total += stops;
    if (candidate.pinned) pinned.push(node);
    // Whom a person asked to stop is stopped whatever the budget says.
    else forest.collateral[node] = candidate.collateral;
    if (candidate.network !== null && candidate.campaigns.length === 1) campaign[node] = numberOf(candidate);
  };
  const numberOf = ({ campaigns: [name] }: Candidate): number => {
    let number = campaigns.get(name!);
    if (number === undefined) {
      number = campaigns.size + 1;
      campaigns.set(name!, number);
    }
    return number;
  };
  let next = size;
  for (let index = 0; index < size; index++) {
    const candidate = candidates[index]!;
    const { network } = candidate;
    if (network === null) rules.push(index);
    else if (network.prefix < 128) wide.push(index);
    else {
      put(--next, index, candidate);
      if (!isV4Address(network.address)) continue;
      bits[next] = v4Number(network.address);
      isV4[next] = 1;
    }
  }
  wide.sort((a, b) => candidates[a]!.network!.prefix - candidates[b]!.network!.prefix);
  for (const [node, index] of [...rules, ...wide].entries()) put(node, index, candidates[index]!);

  for (const node of rules.keys()) {
    forest.isRule[node] = 1;
    forest.missed[node] = Math.max(0, 1 - candidates[order[node]!]!.coverage);
  }
  const ruleOf = indexRules(
    rules.map((index) => candidates[index]!),
    campaigns,
  );
  const networks = indexNetworks(
    wide.map((index, at) => ({ network: candidates[index]!.network!, node: rules.length + at })),
  );
  for (let node = rules.length; node < size; node++) {
    let parent = -1;
    if (networks.size > 0)
      parent =
        isV4[node] === 1
          ? networks.aroundV4(bits[node]!)
          : networks.around(candidates[order[node]!]!.network!);
    // Of traffic in several campaigns nobody knows how much a rule for one of them selects.
    if (parent < 0) parent = ruleOf[campaign[node]!]!;
    hang(forest, node, parent);
  }
  for (const node of pinned) {
    forest.bonus[node] = total + 1;
    forest.stops[node] = forest.stops[node]! + total + 1;
  }
  return forest;
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
    narrow.held[index] = forest.held[node]!;
    narrow.isRule[index] = forest.isRule[node]!;
    narrow.missed[index] = forest.missed[node]!;
    hang(narrow, index, forest.parent[node]! < 0 ? -1 : at[forest.parent[node]!]!);
  }
  return narrow;
}

/** The rule that stands for each campaign, by its number: of several the one that stops most; -1: none. */
function indexRules(rules: readonly Candidate[], numbers: ReadonlyMap<string, number>): Int32Array {
  const nodes = new Int32Array(numbers.size + 1).fill(-1);
  for (const [node, { campaigns, coverage, stops, key }] of rules.entries()) {
    if (coverage <= 0) continue;
    for (const campaign of campaigns) {
      const number = numbers.get(campaign);
      if (number === undefined) continue;
      const present = rules[nodes[number]!];
      const isLarger =
        present === undefined || stops > present.stops || (stops === present.stops && key < present.key);
      if (isLarger) nodes[number] = node;
    }
  }
  return nodes;
}
