import type { EnrichedRequest } from '../../lib/contracts/generated.ts';
import type { PaneGroup } from './pane-group.ts';

/** What policies may group by. */
export const groupFields = [
  'site',
  'endpoint',
  'route',
  'partner',
  'asn',
  'country',
  'fingerprint',
  'client',
  'network',
  'account',
] as const;
export type GroupField = (typeof groupFields)[number];

/**
 * Where the figures of a group come together. `local`: on the partition that its addresses share, nothing is merged.
 * `combined`: partial aggregates of all partitions are merged. `rekeyed`: narrow records of single requests go to the
 * partition of the group; only those that pass the policy's `match`.
 */
export type GroupClass = 'local' | 'combined' | 'rekeyed';

interface GroupDefinition {
  readonly by: readonly GroupField[];
  readonly class: GroupClass;
  readonly doc: string;
  /** Groups of an endpoint: how one value of the pair reads in the key of a group. */
  readonly words?: string;
}

/** Every kind of group, in the order in which frames and reducers go through them. */
export const groups = {
  site: { by: ['site'], class: 'combined', doc: 'All requests of the site.' },
  endpoint: { by: ['endpoint'], class: 'combined', doc: 'One method and path template of one host.' },
  route: {
    by: ['route'],
    class: 'combined',
    doc:
      'One method and path template in all the places that serve it, four or more: hosts, folders for tenants or languages, ' +
      'spellings of its letters.',
  },
  partner_endpoint: {
    by: ['endpoint', 'partner'],
    class: 'combined',
    doc: 'An endpoint as one partner uses it.',
    words: ' via ',
  },
  asn_endpoint: {
    by: ['endpoint', 'asn'],
    class: 'combined',
    doc: 'An endpoint as one autonomous system uses it.',
    words: ' from AS',
  },
  country_endpoint: {
    by: ['endpoint', 'country'],
    class: 'combined',
    doc: 'An endpoint as one country uses it.',
    words: ' from ',
  },
  fingerprint_endpoint: {
    by: ['endpoint', 'fingerprint'],
    class: 'combined',
    doc: 'An endpoint as the holders of one JA4 use it.',
    words: ' by ',
  },
  client: { by: ['client'], class: 'local', doc: 'One address (IPv6: one /64), in its last minute.' },
  network: { by: ['network'], class: 'local', doc: 'One IPv4 /24 or IPv6 /48, in its last minute.' },
  account: {
    by: ['account'],
    class: 'rekeyed',
    doc: 'One account, from wherever it is used, in its last hour.',
  },
} as const satisfies { readonly [kind: string]: GroupDefinition };

export type GroupKind = keyof typeof groups;
export const groupKinds = Object.keys(groups) as GroupKind[];

/** Kinds that are an endpoint and something else: made only where a policy asks for them. */
export type PairKind = {
  [K in GroupKind]: (typeof groups)[K] extends { words: string } ? K : never;
}[GroupKind];
export const pairKinds = groupKinds.filter((kind): kind is PairKind => 'words' in groups[kind]);

export const isPair = (kind: string): kind is PairKind => pairKinds.includes(kind as PairKind);

/** Key of the endpoint, or of its operation, that a pair is of. */
export const endpointOfPair = (kind: PairKind, key: string): string =>
  key.slice(0, key.indexOf(groups[kind].words));

interface EndpointParts {
  /** `METHOD template` */
  readonly endpoint: string;
  readonly host: string;
}

/** @param key of an endpoint: `METHOD host/template` */
export function endpointParts(key: string): EndpointParts {
  const host = key.indexOf(' ') + 1;
  const template = Math.max(host, key.indexOf('/', host));
  return { endpoint: key.slice(0, host) + key.slice(template), host: key.slice(host, template) };
}

/** Kinds whose scopes reduce keeps, with windows and a baseline. */
export type ScopedKind = 'site' | 'endpoint' | 'route' | PairKind;

export function isScoped(kind: string): kind is ScopedKind {
  return kind === 'site' || kind === 'endpoint' || kind === 'route' || isPair(kind);
}

export const localKinds = ['client', 'network'] as const;
export type LocalKind = (typeof localKinds)[number];
export const isLocal = (kind: string): kind is LocalKind => localKinds.includes(kind as LocalKind);

/** What an event belongs to in a pair; null: it does not say. */
export const pairValue: { readonly [K in PairKind]: (event: EnrichedRequest) => string | number | null } = {
  partner_endpoint: (event) => event.request.partner_id,
  asn_endpoint: (event) => event.asn,
  country_endpoint: (event) => event.country,
  fingerprint_endpoint: (event) => event.request.ja4,
};

export function kindOf(groupBy: readonly string[]): GroupKind | null {
  const wanted = [...groupBy].sort().join();
  return groupKinds.find((kind) => [...groups[kind].by].sort().join() === wanted) ?? null;
}

const order = new Map<string, number>([...groupKinds, 'other'].map((kind, index) => [kind, index]));

/** Kinds in a fixed order, then keys. `other` counts what did not fit. */
export function byKindAndKey(a: PaneGroup, b: PaneGroup): number {
  return order.get(a.kind)! - order.get(b.kind)! || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}
