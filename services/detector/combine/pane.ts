import type { EnrichedRequest, GroupPartial } from '../../../lib/contracts/generated.ts';
import { formatIp, formatNetwork, isV4, maskIp } from '../../../lib/ip.ts';
import { clientCountIndex, clientCountNames, flag } from '../layout.ts';
import { type AddressWindows, windowColumn } from '../state/address-windows.ts';
import { createAttributeReader, GroupAccumulator } from './group-accumulator.ts';

/** Kinds of groups that reduce knows. `other` counts what did not fit. */
export type GroupKind = 'site' | 'endpoint' | 'partner_endpoint' | 'client' | 'other';

export const viaPartner = ' via ';

interface SiteGroups {
  readonly all: GroupAccumulator;
  /** By host, then endpoint: no text is put together per request. */
  readonly hosts: Map<string, Map<string, GroupAccumulator>>;
  /** By partner, then host, then endpoint. */
  readonly partners: Map<string, Map<string, Map<string, GroupAccumulator>>>;
  readonly clients: Map<string, number[]>;
}

/** One open pane of one partition: the partial aggregates of every group of every site. */
export class Pane {
  readonly start: number;
  readonly #samples: number;
  readonly #limits: { readonly groups: number; readonly clients: number };
  readonly #sites = new Map<string, SiteGroups>();
  #groups = 0;
  /** Groups that did not fit: the pane is degraded. */
  readonly other = new Map<string, number>();

  constructor(start: number, samples: number, limits: { readonly groups: number; readonly clients: number }) {
    this.start = start;
    this.#samples = samples;
    this.#limits = limits;
  }

  add(event: EnrichedRequest, flags: number, orderHi: number, orderLo: number): void {
    const { site, host, partner_id: partner } = event.request;
    let groups = this.#sites.get(site);
    if (groups === undefined) {
      groups = {
        all: new GroupAccumulator(this.#samples),
        hosts: new Map(),
        partners: new Map(),
        clients: new Map(),
      };
      this.#sites.set(site, groups);
    }
    groups.all.add(event, flags, orderHi, orderLo);
    this.#into(within(groups.hosts, host), event.endpoint, site)?.add(event, flags, orderHi, orderLo);
    if (partner !== null && event.endpoint_function === 'login') {
      const hosts = within(groups.partners, partner);
      this.#into(within(hosts, host), event.endpoint, site)?.add(event, flags, orderHi, orderLo);
    }
  }

  #into(groups: Map<string, GroupAccumulator>, key: string, site: string): GroupAccumulator | undefined {
    let group = groups.get(key);
    if (group === undefined) {
      if (this.#groups >= this.#limits.groups) {
        this.other.set(site, (this.other.get(site) ?? 0) + 1);
        return undefined;
      }
      this.#groups++;
      group = new GroupAccumulator(this.#samples);
      groups.set(key, group);
    }
    return group;
  }

  /** Reports an address whose last minute stands out: its newest figures replace earlier ones of this pane. */
  addClient(event: EnrichedRequest, flags: number, windows: AddressWindows, slot: number): void {
    const clients = this.#sites.get(event.request.site)?.clients;
    if (clients === undefined) return;
    const ip = event.request.client_ip;
    const key = isV4(ip) ? formatIp(ip) : formatNetwork({ address: maskIp(ip, 64), prefix: 64 });
    if (!clients.has(key) && clients.size >= this.#limits.clients) {
      this.other.set(event.request.site, (this.other.get(event.request.site) ?? 0) + 1);
      return;
    }
    const counts = new Array<number>(clientCountNames.length).fill(0);
    counts[clientCountIndex.requests_20s] = windows.recent(slot, windowColumn.requests);
    counts[clientCountIndex.requests_60s] = windows.minute(slot, windowColumn.requests);
    counts[clientCountIndex.failing_60s] = windows.minute(slot, windowColumn.failing);
    counts[clientCountIndex.missing_60s] = windows.minute(slot, windowColumn.missing);
    counts[clientCountIndex.known_60s] = windows.minute(slot, windowColumn.known);
    counts[clientCountIndex.identified_60s] = windows.minute(slot, windowColumn.identified);
    counts[clientCountIndex.endpoints_60s] = windows.distinct(slot, 'endpoints');
    counts[clientCountIndex.targets_60s] = windows.distinct(slot, 'targets');
    counts[clientCountIndex.agents_60s] = windows.distinct(slot, 'agents');
    counts[clientCountIndex.verified] = (flags & flag.verified) !== 0 ? 1 : 0;
    clients.set(key, counts);
  }

  sites(): Iterable<string> {
    return this.#sites.keys();
  }

  /** Groups of the sites, in a fixed order. */
  partials(ofSite: (site: string) => boolean): GroupPartial[] {
    const partials: GroupPartial[] = [];
    const read = createAttributeReader();
    for (const site of [...this.#sites.keys()].filter(ofSite).sort()) {
      const groups = this.#sites.get(site)!;
      partials.push(groups.all.partial(site, 'site', '', read));
      const endpoints = byKey(groups.hosts, '');
      for (const key of [...endpoints.keys()].sort())
        partials.push(endpoints.get(key)!.partial(site, 'endpoint', key, read));
      const logins = new Map<string, GroupAccumulator>();
      for (const [partner, hosts] of groups.partners)
        for (const [key, group] of byKey(hosts, `${viaPartner}${partner}`)) logins.set(key, group);
      for (const key of [...logins.keys()].sort())
        partials.push(logins.get(key)!.partial(site, 'partner_endpoint', key, read));
      for (const key of [...groups.clients.keys()].sort())
        partials.push({
          site,
          kind: 'client',
          key,
          counts: groups.clients.get(key)!,
          sketches: [],
          samples: [],
        });
      const missed = this.other.get(site);
      if (missed !== undefined)
        partials.push({ site, kind: 'other', key: '', counts: [missed], sketches: [], samples: [] });
    }
    return partials;
  }
}

/** The inner map of a key, made if need be. */
function within<V>(outer: Map<string, Map<string, V>>, key: string): Map<string, V> {
  let inner = outer.get(key);
  if (inner === undefined) {
    inner = new Map();
    outer.set(key, inner);
  }
  return inner;
}

/** One map with the keys of scopes: `METHOD host/template`. */
function byKey(
  hosts: ReadonlyMap<string, ReadonlyMap<string, GroupAccumulator>>,
  suffix: string,
): Map<string, GroupAccumulator> {
  const groups = new Map<string, GroupAccumulator>();
  for (const [host, endpoints] of hosts)
    for (const [endpoint, group] of endpoints) {
      const space = endpoint.indexOf(' ');
      groups.set(`${endpoint.slice(0, space + 1)}${host}${endpoint.slice(space + 1)}${suffix}`, group);
    }
  return groups;
}
