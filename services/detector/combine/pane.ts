import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import type { FrameSample } from '../frames/sample-row.ts';
import {
  groups as groupTable,
  type LocalKind,
  localKinds,
  type PairKind,
  pairKinds,
  pairValue,
} from '../groups.ts';
import { countIndex } from '../layout.ts';
import type { PaneGroup } from '../pane-group.ts';
import type { Contribution } from './contribution.ts';
import type { CountedEndpoint } from './counted-endpoint.ts';
import type { EntryName } from './entry-names.ts';
import type { GroupAccumulator } from './group-accumulator.ts';
import type { GroupPlan } from './group-plan.ts';
import type { GroupPool } from './group-pool.ts';

interface SiteGroups {
  readonly all: GroupAccumulator;
  /** By key. */
  readonly endpoints: Map<string, GroupAccumulator>;
  /** By kind, then value, then key of the endpoint: no text is put together per request. */
  readonly pairs: Map<PairKind, Map<string | number, Map<string, GroupAccumulator>>>;
  readonly local: { readonly [K in LocalKind]: Map<string, number[]> };
}

/** One open pane of one partition: the partial aggregates of every group of every site. */
export class Pane {
  readonly start: number;
  /** In requests.enriched, of its first request. */
  readonly firstOffset: number;
  /** What the policies that hold for it ask for. */
  readonly plan: GroupPlan;
  readonly #pool: GroupPool;
  readonly #limits: { readonly groups: number; readonly clients: number };
  readonly #sites = new Map<string, SiteGroups>();
  #groups = 0;
  /** Counted apart: pairs never take the place of an endpoint. */
  #pairs = 0;
  /** Groups that did not fit: the pane is degraded. */
  readonly other = new Map<string, number>();

  constructor(
    start: number,
    firstOffset: number,
    pool: GroupPool,
    plan: GroupPlan,
    limits: { readonly groups: number; readonly clients: number },
  ) {
    this.start = start;
    this.firstOffset = firstOffset;
    this.plan = plan;
    this.#pool = pool;
    this.#limits = limits;
  }

  add(event: EnrichedRequest, endpoint: CountedEndpoint, contribution: Contribution): void {
    const { site, key, asked } = endpoint;
    let groups = this.#sites.get(site);
    if (groups === undefined) {
      groups = {
        all: this.#pool.take('site'),
        endpoints: new Map(),
        pairs: new Map(),
        local: { client: new Map(), network: new Map() },
      };
      this.#sites.set(site, groups);
    }
    contribution.endpoint = endpoint;
    groups.all.add(contribution);
    this.#into(groups.endpoints, key, site, 'endpoint')?.add(contribution);
    if (asked !== null) this.#into(groups.endpoints, asked, site, 'endpoint')?.add(contribution);
    const { pairs } = endpoint.planned(this.plan);
    for (let index = 0; index < pairs.length; index++) {
      const kind = pairs[index]!;
      const value = pairValue[kind](event);
      if (value !== null)
        this.#into(within(within(groups.pairs, kind), value), asked ?? key, site, kind)?.add(contribution);
    }
  }

  /** A visit that began at this endpoint goes on elsewhere. */
  goOn({ site, key, asked }: EntryName): void {
    const groups = this.#sites.get(site);
    if (groups === undefined) return;
    this.#wentOn(groups, key, site);
    if (asked !== null) this.#wentOn(groups, asked, site);
  }

  #wentOn(groups: SiteGroups, key: string, site: string): void {
    const group = this.#into(groups.endpoints, key, site, 'endpoint');
    if (group !== undefined) group.counts[countIndex.went_on]!++;
  }

  #into(
    groups: Map<string, GroupAccumulator>,
    key: string,
    site: string,
    kind: 'endpoint' | PairKind,
  ): GroupAccumulator | undefined {
    let group = groups.get(key);
    if (group === undefined) {
      const pair = kind !== 'endpoint';
      if ((pair ? this.#pairs : this.#groups) >= this.#limits.groups) {
        this.other.set(site, (this.other.get(site) ?? 0) + 1);
        return undefined;
      }
      if (pair) this.#pairs++;
      else this.#groups++;
      group = this.#pool.take(kind);
      groups.set(key, group);
    }
    return group;
  }

  /** Reports an address or network whose last minute stands out: newest figures replace earlier ones of this pane. */
  report(kind: LocalKind, site: string, key: string, counts: number[]): void {
    const groups = this.#sites.get(site)?.local[kind];
    if (groups === undefined) return;
    if (!groups.has(key) && groups.size >= this.#limits.clients) {
      this.other.set(site, (this.other.get(site) ?? 0) + 1);
      return;
    }
    groups.set(key, counts);
  }

  /** The pane is over: its accumulators may serve another one. */
  release(): void {
    for (const { all, endpoints, pairs } of this.#sites.values()) {
      this.#pool.giveBack('site', all);
      for (const group of endpoints.values()) this.#pool.giveBack('endpoint', group);
      for (const [kind, values] of pairs)
        for (const of of values.values()) for (const group of of.values()) this.#pool.giveBack(kind, group);
    }
    this.#sites.clear();
  }

  /** Groups in a fixed order. */
  partials(): PaneGroup<FrameSample>[] {
    const partials: PaneGroup<FrameSample>[] = [];
    for (const site of [...this.#sites.keys()].sort()) {
      const groups = this.#sites.get(site)!;
      partials.push(groups.all.partial(site, 'site', ''));
      const { endpoints } = groups;
      for (const key of [...endpoints.keys()].sort())
        partials.push(endpoints.get(key)!.partial(site, 'endpoint', key));
      for (const kind of pairKinds) {
        const pairs = new Map<string, GroupAccumulator>();
        for (const [value, of] of groups.pairs.get(kind) ?? [])
          for (const [key, group] of of) pairs.set(`${key}${groupTable[kind].words}${value}`, group);
        for (const key of [...pairs.keys()].sort()) partials.push(pairs.get(key)!.partial(site, kind, key));
      }
      for (const kind of localKinds)
        for (const key of [...groups.local[kind].keys()].sort())
          partials.push({
            site,
            kind,
            key,
            counts: groups.local[kind].get(key)!,
            sketches: [],
            samples: [],
          });
      const missed = this.other.get(site);
      if (missed !== undefined)
        partials.push({ site, kind: 'other', key: 'groups', counts: [missed], sketches: [], samples: [] });
    }
    return partials;
  }
}

/** The inner map of a key, made if need be. */
function within<K, I, V>(outer: Map<K, Map<I, V>>, key: K): Map<I, V> {
  let inner = outer.get(key);
  if (inner === undefined) {
    inner = new Map();
    outer.set(key, inner);
  }
  return inner;
}
