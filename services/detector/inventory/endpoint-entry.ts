import { guessFunction } from '../../../lib/path/endpoint-function.ts';
import { functionOfGroup } from '../endpoint-traits.ts';
import { countIndex, flag, sketchIndex, traitIndex } from '../layout.ts';
import type { PaneGroup, Sample } from '../pane-group.ts';
import { HyperLogLog } from '../sketches/hyper-log-log.ts';
import { firstByOrder } from '../sketches/merge-partials.ts';

/** What was learned from a uniform sample of the calls; halved from time to time, so that it follows changes. */
export interface CallMix {
  sampled: number;
  browser: number;
  /** Of the browsers': clients that were somewhere else on the site before. */
  browsed: number;
  app: number;
  server: number;
  partner: number;
  key: number;
  /** Calls that carried a parameter, by its name. */
  readonly params: Map<string, number>;
}

/** Everything known of one endpoint: counts are exact, `mix` is learned from samples. Plain but for `clients`. */
export interface EndpointEntry {
  /** `METHOD host/template`, as scopes are keyed. */
  readonly key: string;
  readonly method: string;
  readonly host: string;
  readonly template: string;
  readonly function: string;
  /** As the newest request said: null when no document covers the host. */
  documented: boolean | null;
  firstPane: number;
  lastPane: number;
  establishedPane: number | null;
  requests: number;
  succeeded: number;
  failed: number;
  missing: number;
  statusKnown: number;
  readonly clients: HyperLogLog;
  /** Distinct clients that were answered, until there are enough of them. */
  witnesses: readonly number[];
  readonly mix: CallMix;
  analogues: readonly string[];
  revision: number;
  publishedPane: number;
  /** What was last published, but for the figures that change with every call; empty when it no longer holds. */
  publishedFacts: string;
  publishedRequests: number;
  noticed: boolean;
}

/** A pane of a busy endpoint says no more than this many calls: a flood can not outvote days of normal use. */
const samplesPerPane = 8;
const halveAt = 4096;
const maxParams = 32;

/** Method, host and template of a scope key; null for keys that are none. */
export function parseKey(
  key: string,
): { readonly method: string; readonly host: string; readonly template: string } | null {
  const space = key.indexOf(' ');
  const slash = key.indexOf('/', space);
  if (space < 0 || slash < 0) return null;
  return { method: key.slice(0, space), host: key.slice(space + 1, slash), template: key.slice(slash) };
}

export function createEntry(group: PaneGroup, pane: number): EndpointEntry | null {
  const parsed = parseKey(group.key);
  if (parsed === null) return null;
  return {
    ...parsed,
    key: group.key,
    function: functionOfGroup(group.key, group.samples[0]) ?? guessFunction(parsed.method, parsed.template),
    documented: null,
    firstPane: pane,
    lastPane: pane,
    establishedPane: null,
    requests: 0,
    succeeded: 0,
    failed: 0,
    missing: 0,
    statusKnown: 0,
    clients: new HyperLogLog(),
    witnesses: [],
    mix: { sampled: 0, browser: 0, browsed: 0, app: 0, server: 0, partner: 0, key: 0, params: new Map() },
    analogues: [],
    revision: 0,
    publishedPane: pane,
    publishedFacts: '',
    publishedRequests: 0,
    noticed: false,
  };
}

/**
 * Adds the merged group of one pane. `wantedWitnesses`: clients to remember while the endpoint is not established;
 * `learn` false: the calls are those of an attack and say nothing about who normally calls.
 */
export function addGroup(
  entry: EndpointEntry,
  group: PaneGroup,
  pane: number,
  wantedWitnesses: number,
  learn: boolean,
): void {
  const { counts } = group;
  entry.lastPane = pane;
  entry.requests += counts[countIndex.requests] ?? 0;
  entry.succeeded += counts[countIndex.succeeding] ?? 0;
  entry.failed += counts[countIndex.failing] ?? 0;
  entry.missing += counts[countIndex.missing] ?? 0;
  entry.statusKnown += counts[countIndex.status_known] ?? 0;
  const clients = group.sketches[sketchIndex.clients];
  if (clients !== undefined) entry.clients.mergeBytes(clients);
  const documented = group.samples[0]?.attributes[traitIndex.documented] ?? null;
  if (documented !== null) entry.documented = documented === 'yes';
  if (entry.establishedPane === null) witness(entry, group.samples, wantedWitnesses);
  if (learn) learnMix(entry.mix, group.samples);
}

function witness(entry: EndpointEntry, samples: readonly Sample[], wanted: number): void {
  if (entry.witnesses.length >= wanted) return;
  const known = new Set(entry.witnesses);
  // where answers are not logged, being called has to do
  const answered = entry.statusKnown === 0 ? 0 : flag.succeeding;
  for (const { flags, client } of samples)
    if (known.size < wanted && (flags & answered) === answered && (flags & flag.missing) === 0)
      known.add(client);
  if (known.size > entry.witnesses.length) entry.witnesses = [...known];
}

function learnMix(mix: CallMix, samples: readonly Sample[]): void {
  for (const { attributes, flags } of firstByOrder(samples, samplesPerPane)) {
    mix.sampled++;
    switch (attributes[traitIndex.client_class]) {
      case 'browser':
        mix.browser++;
        if ((flags & flag.direct) === 0) mix.browsed++;
        break;
      case 'app':
        mix.app++;
        break;
      case 'server':
        mix.server++;
        break;
      default:
    }
    const caller = attributes[traitIndex.caller];
    if (caller === 'partner') mix.partner++;
    else if (caller === 'key') mix.key++;
    const names = attributes[traitIndex.param_names];
    if (names === null || names === undefined) continue;
    for (const name of names.split(',')) {
      const count = mix.params.get(name);
      if (count !== undefined || mix.params.size < maxParams) mix.params.set(name, (count ?? 0) + 1);
    }
  }
  if (mix.sampled >= halveAt) halve(mix);
}

function halve(mix: CallMix): void {
  for (const name of ['sampled', 'browser', 'browsed', 'app', 'server', 'partner', 'key'] as const)
    mix[name] >>= 1;
  for (const [name, count] of mix.params) {
    if (count > 1) mix.params.set(name, count >> 1);
    else mix.params.delete(name);
  }
}

/** Takes everything that is known of a member into its family. */
export function absorb(family: EndpointEntry, member: EndpointEntry): void {
  family.firstPane = Math.min(family.firstPane, member.firstPane);
  family.lastPane = Math.max(family.lastPane, member.lastPane);
  if (member.establishedPane !== null)
    family.establishedPane = Math.min(family.establishedPane ?? Infinity, member.establishedPane);
  for (const name of ['requests', 'succeeded', 'failed', 'missing', 'statusKnown'] as const)
    family[name] += member[name];
  family.clients.merge(member.clients);
  family.documented ??= member.documented;
  family.witnesses = [...new Set([...family.witnesses, ...member.witnesses])].slice(0, 50);
  const { mix } = family;
  for (const name of ['sampled', 'browser', 'browsed', 'app', 'server', 'partner', 'key'] as const)
    mix[name] += member.mix[name];
  for (const [name, count] of member.mix.params)
    if (mix.params.has(name) || mix.params.size < maxParams)
      mix.params.set(name, (mix.params.get(name) ?? 0) + count);
  while (mix.sampled >= halveAt) halve(mix);
}
