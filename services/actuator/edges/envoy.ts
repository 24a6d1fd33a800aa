import { createHash } from 'node:crypto';
import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';
import { type Edge, type EdgeDependencies, EdgeError } from '../edge.ts';
import { isAddress } from '../entry-name.ts';
import type { Plan } from '../reconcile.ts';
import { commonEdgeFields, rulesField } from './edge-config.ts';
import {
  addressFilter,
  conditionOf,
  type EnvoyResource,
  envoyResource,
  resourceName,
  ruleFilter,
  tagFilter,
} from './envoy-resources.ts';
import { createEnvoyServer, refusalCounts } from './envoy-xds.ts';
import { asObserved, checked, type PlacedEntry, placed, placedEntries } from './placed-entry.ts';
import { exemptText, otherExempt, proxyPools, valueKinds } from './proxy-edge.ts';

/** RBAC filters that Envoy fetches from the decisions API: no listener or route of the owner is touched. */
export const envoyConfig = z.strictObject({
  kind: z.literal('envoy'),
  ...commonEdgeFields,
  public: z.boolean().default(false).describe('Serve the lists beyond loopback, to whoever asks'),
  client_address: z
    .enum(['remote', 'direct'])
    .default('remote')
    .describe('remote: with the X-Forwarded-For that Envoy trusts; direct: the peer itself'),
  headers: z
    .partialRecord(z.enum([...valueKinds, 'http_version', 'tls_version']), z.string().regex(/^[a-z0-9-]+$/))
    .default({})
    .describe('Headers, set by your own proxies, that hold an attribute; without one it is unknown'),
  capacity: z.int().positive().default(100_000).describe('Most addresses'),
  /** A change is as expensive for Envoy as the part that it is in. */
  parts: z.int().min(1).max(64).default(16).describe('Filters among which the addresses are spread'),
  rules: rulesField(100),
  actions: z
    .array(z.enum(['tag', 'block']))
    .min(1)
    .default(['block'])
    .describe('tag: the filter for tags is in the chain, and its metadata is used'),
  admin: z
    .array(z.url())
    .default([])
    .describe('Admin interfaces of the Envoys (http://127.0.0.1:9901): the only place where a refusal shows'),
  taken_within: durationField('10s').describe('Longest time for Envoy to take a change'),
});
type EnvoyConfig = z.output<typeof envoyConfig>;

type RefusalCounts = ReadonlyMap<string, ReadonlyMap<string, number>>;

const off = envoyResource('off', {});

export function createEnvoyEdge(config: EnvoyConfig, { name, isArmed, now, exempt }: EdgeDependencies): Edge {
  const inputs = {
    source: config.client_address,
    headers: config.headers as { [attribute: string]: string },
  };
  // Not armed, Envoy is told that there is nothing; armed, it keeps what it has until the decisions are read.
  const prefix = resourceName(name, '');
  const server = createEnvoyServer(prefix, now, () => (isArmed() ? 'wait' : off));
  const entries = new Map<string, PlacedEntry>();
  /** Of these the ones that are no addresses, and the ones that are only marked. */
  const others = new Map<string, PlacedEntry>();
  const tags = new Map<string, PlacedEntry>();
  const parts = Array.from({ length: config.parts }, () => new Map<string, PlacedEntry>());
  const rendered = new Map<string, EnvoyResource>();
  /** What all Envoys ran last; what is served again when they refuse something newer. */
  let taken: Map<string, PlacedEntry> | null = null;
  /** Whether `taken` differs from what is served by the running change alone. */
  let isTakenCurrent = false;
  let writtenExempt: string | null = null;

  const partOf = (value: string): number =>
    createHash('sha256').update(value).digest().readUInt32BE(0) % config.parts;
  const put = (resource: EnvoyResource): void => void rendered.set(resource.name, resource);

  /** Which parts of the list, and whether anything else, has to be made anew. */
  interface Changed {
    readonly parts: Set<number>;
    others: boolean;
  }
  const render = (changed: Changed): void => {
    for (const index of changed.parts) {
      const part = resourceName(name, `addresses-${index}`);
      put(envoyResource(part, addressFilter(sortedByKey(parts[index]!.values()), inputs)));
    }
    const networks = exempt(now());
    const text = exemptText(networks);
    if (changed.others || text !== writtenExempt) {
      const blocking = sortedByKey(others.values()).filter(({ action }) => action === 'block');
      put(envoyResource(resourceName(name, 'rules'), ruleFilter(blocking, networks, inputs)));
      if (config.actions.includes('tag')) {
        const tagged = sortedByKey(tags.values());
        put(envoyResource(resourceName(name, 'tags'), tagFilter(tagged, networks, inputs)));
      }
    }
    writtenExempt = text;
    server.publish([...rendered.values()]);
  };
  const place = (entry: PlacedEntry, changed: Changed): void => {
    drop(entry.key, changed);
    entries.set(entry.key, entry);
    if (entry.action === 'tag') tags.set(entry.key, entry);
    if (!isAddress(entry)) others.set(entry.key, entry);
    if (!isAddress(entry) || entry.action === 'tag') {
      changed.others = true;
      return;
    }
    const part = partOf(entry.value);
    parts[part]!.set(entry.key, entry);
    changed.parts.add(part);
  };
  const drop = (key: string, changed: Changed): void => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    const wasTag = tags.delete(key);
    if (others.delete(key) || wasTag) changed.others = true;
    const part = partOf(entry.value);
    if (parts[part]!.delete(key)) changed.parts.add(part);
  };
  const replaceAll = (wanted: readonly PlacedEntry[]): void => {
    for (const all of [entries, others, tags, ...parts]) all.clear();
    const changed: Changed = { parts: new Set(parts.keys()), others: true };
    for (const entry of wanted) place(entry, changed);
    render(changed);
  };
  const change = (plan: Plan): void => {
    const changed: Changed = { parts: new Set(), others: false };
    const fresh = checked([...plan.update, ...plan.add].map(placed));
    for (const { key } of plan.remove) drop(key, changed);
    for (const entry of fresh) place(entry, changed);
    render(changed);
  };
  /** Refusals so far, by admin address. */
  const countRefusals = async (signal: AbortSignal): Promise<RefusalCounts> => {
    const counts = await Promise.all(config.admin.map((admin) => refusalCounts(admin, prefix, signal)));
    return new Map(config.admin.map((admin, index) => [admin, counts[index]!]));
  };
  /** Until every Envoy that asks has got what is published. */
  const untilGot = async (signal: AbortSignal): Promise<void> => {
    const end = now() + config.taken_within;
    for (;;) {
      const { seen, behind } = server.nodes();
      if (seen.length > 0 && behind.length === 0) return;
      if (signal.aborted) throw new EdgeError('unavailable', 'stopping');
      if (now() >= end)
        throw seen.length === 0
          ? new EdgeError('missing', 'no Envoy asks for the filters: see docs/howto/edges.md')
          : new EdgeError(
              'unverified',
              behind
                .map(({ node, resource }) => `Envoy ${node} does not get the last ${resource}`)
                .join(', '),
            );
      await server.nextRequest(Math.min(500, end - now()), signal);
    }
  };
  /** `before`: refusals before the change was published; null: they could not be read. */
  const untilTaken = async (before: RefusalCounts | null, signal: AbortSignal): Promise<void> => {
    await untilGot(signal);
    const after = await countRefusals(signal);
    for (const [admin, counts] of after)
      for (const [resource, count] of counts) {
        if (before === null || count <= (before.get(admin)?.get(resource) ?? 0)) continue;
        // Envoy goes on with what it had; a new one must not start with what the others refuse.
        replaceAll([...(taken?.values() ?? [])]);
        throw new EdgeError(
          'rejected',
          `Envoy at ${admin} does not take ${resource} and goes on with the last one: its log says why`,
        );
      }
  };

  return {
    descriptor: {
      kind: 'envoy',
      pools: proxyPools(
        config,
        valueKinds.filter((kind) => config.headers[kind] !== undefined),
      ),
      actions: config.actions,
      replaceOnly: false,
      longestV6Prefix: 128,
      ruleLanguage: config.rules > 0 ? 'envoy' : 'none',
      nativeTtl: false,
      lock: 'none',
      isVolatile: true,
      scope: 'instance',
      coalesceMs: 50,
    },
    inexpressible(entry) {
      if (isAddress(entry)) return null;
      const condition = conditionOf(placed(entry), inputs);
      return 'inexpressible' in condition ? condition.inexpressible : null;
    },
    async observe() {
      const observed = [...entries.values()].map(asObserved);
      if (taken === null) return { entries: observed, damaged: 'not yet served' };
      const { seen, behind } = server.nodes();
      const damaged =
        seen.length === 0
          ? 'no Envoy asks'
          : exemptText(exempt(now())) === writtenExempt
            ? null
            : otherExempt;
      const what = `${behind.length} of ${seen.length} Envoys did not get the last change yet`;
      return { entries: observed, damaged, pending: behind.length > 0 ? { what, lookAgainMs: 500 } : null };
    },
    async apply(plan, signal) {
      const before = await countRefusals(signal).catch(() => null);
      const isWhole = plan.rewrite || taken === null;
      const wasCurrent = isTakenCurrent;
      isTakenCurrent = false;
      if (isWhole) replaceAll(checked(placedEntries(plan)));
      else change(plan);
      await untilTaken(before, signal);
      isTakenCurrent = true;
      if (isWhole || taken === null || !wasCurrent) taken = new Map(entries);
      else
        for (const { key } of [...plan.remove, ...plan.update, ...plan.add]) {
          const entry = entries.get(key);
          if (entry === undefined) taken.delete(key);
          else taken.set(key, entry);
        }
    },
    async isAsKnown() {
      if (taken === null) return false;
      const { seen, behind } = server.nodes();
      return seen.length > 0 && behind.length === 0;
    },
    register: (app) => server.register(app),
    close: async () => {},
  };
}

const sortedByKey = (entries: Iterable<PlacedEntry>): PlacedEntry[] =>
  [...entries].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
