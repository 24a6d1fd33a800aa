import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { durationField } from '../../../lib/duration.ts';
import { actionKinds } from '../decider/actions.ts';
import { type Edge, type EdgeDependencies, EdgeError, type Observed, type ObservedEntry } from '../edge.ts';
import { isAddress } from '../entry-name.ts';
import type { Plan } from '../reconcile.ts';
import { commonEdgeFields } from './edge-config.ts';
import { endpointPattern } from './endpoint-pattern.ts';
import { writeWhole } from './file-writer.ts';
import {
  changeMap,
  createHaproxyCli,
  type MapChange,
  readMap,
  readProcess,
  replaceMap,
} from './haproxy-cli.ts';
import {
  addressMapOf,
  addressMaps,
  assignBits,
  type MapContent,
  type MapName,
  mapNames,
  mapText,
  readEntries,
  renderAddresses,
  renderRuleMaps,
  ruleMaps,
  valueText,
} from './haproxy-maps.ts';
import { mostRules, whyNoHaproxyRule } from './haproxy-rules.ts';
import { asObserved, placed, placedAgain, placedEntries } from './placed-entry.ts';
import { valueKinds } from './proxy-edge.ts';

/** Maps of a HAProxy, changed through its runtime API: nothing is ever reloaded. */
export const haproxyConfig = z.strictObject({
  kind: z.literal('haproxy'),
  ...commonEdgeFields,
  socket: z.string().min(1).describe('Runtime API with `level admin`: path of the Unix socket, or host:port'),
  directory: z
    .string()
    .regex(/^\/[\w./-]*[\w-]$/, { error: 'an absolute path without blanks, as it stands in the frontend' })
    .default('/etc/haproxy/tidegate')
    .describe('Folder of the maps, as HAProxy names it'),
  write_files: z
    .boolean()
    .default(true)
    .describe(
      'Keep the map files in step, so that a restarted HAProxy knows them; false when they are elsewhere',
    ),
  timeout: durationField('10s').describe('Longest time one command may take'),
  capacity: z.int().positive().default(200_000).describe('Most addresses'),
  rules: z.int().min(0).max(mostRules).default(mostRules).describe('Most signatures'),
  values: z.int().min(0).default(5000).describe('Most countries, networks and fingerprints'),
  attributes: z
    .array(z.enum(valueKinds))
    .default([])
    .describe('What the frontend supplies besides: txn.tidegate_country and so on'),
  actions: z
    .array(z.enum(['tag', 'rate_limit', 'challenge', 'block']))
    .min(1)
    .default(['block'])
    .describe('Actions that the frontend carries out'),
});
type HaproxyConfig = z.output<typeof haproxyConfig>;

/** More changes than this go in as a new version of the map. */
const mostSingleChanges = 2000;
/** How often everything is read, when nothing says that it changed. */
const readEveryMs = 60_000;
/** A line of a map file and of the runtime API fits HAProxy's buffer of 16 KiB. */
const longestRule = 12_000;

const isNoAddress = (entry: Parameters<typeof isAddress>[0]): boolean => !isAddress(entry);

/** What HAProxy held when we last looked, or after our last change. */
interface Mirror {
  readonly process: string;
  readonly states: ReadonlyMap<MapName, string>;
  readonly maps: Map<MapName, MapContent>;
  readonly observed: Map<string, ObservedEntry>;
  readonly bits: ReadonlyMap<string, number>;
  /** What was wrong with the files when all was read; they are put right when all is written. */
  readonly filesDiffer: string | null;
  readonly readAt: number;
}

export function createHaproxyEdge(config: HaproxyConfig, { now, exempt }: EdgeDependencies): Edge {
  const cli = createHaproxyCli(config.socket, config.timeout);
  const pathOf = (name: MapName): string => join(config.directory, `${name}.map`);
  /** null: not known, everything has to be read. */
  let mirror: Mirror | null = null;
  const freedAt = Array.from({ length: mostRules }, () => 0);

  const statesOf = async (signal: AbortSignal): Promise<{ id: string; states: Map<MapName, string> }> => {
    const { id, maps } = await readProcess(cli, signal);
    const byPath = new Map(maps.map((map) => [map.path, map.state]));
    const missing = mapNames.filter((name) => !byPath.has(pathOf(name)));
    if (missing.length > 0)
      throw new EdgeError(
        'missing',
        `HAProxy has no map ${pathOf(missing[0]!)}: its frontends need the lines of deploy/haproxy/tidegate-frontend.cfg`,
      );
    return { id, states: new Map(mapNames.map((name) => [name, byPath.get(pathOf(name))!])) };
  };
  const readAll = async (
    { id, states }: { id: string; states: Map<MapName, string> },
    signal: AbortSignal,
  ): Promise<Mirror> => {
    const maps = new Map<MapName, MapContent>();
    for (const name of mapNames) maps.set(name, await readMap(cli, pathOf(name), signal));
    const { entries, bits } = readEntries(maps);
    const observed = new Map(entries.map((entry) => [entry.key, entry]));
    const filesDiffer = await whyFilesDiffer(maps);
    return { process: id, states, maps, observed, bits, filesDiffer, readAt: now() };
  };
  /** Whether the files say what HAProxy holds: what the next process would start with. */
  const whyFilesDiffer = async (maps: ReadonlyMap<MapName, MapContent>): Promise<string | null> => {
    if (!config.write_files) return null;
    for (const name of mapNames) {
      const text = await readFile(pathOf(name), 'utf8').catch(() => null);
      if (text !== mapText(maps.get(name)!)) return `${pathOf(name)} is not in step`;
    }
    return null;
  };
  /** Differences that no entry shows. */
  const damageOf = (held: Mirror): string | null => {
    const entries = placedAgain([...held.observed.values()].filter(isNoAddress));
    const wanted = renderRuleMaps(entries, held.bits, exempt(now()));
    for (const name of ruleMaps)
      if (!sameContent(held.maps.get(name)!, wanted.get(name)!)) return `map ${name} differs`;
    return held.filesDiffer;
  };

  const replaceRules = async (
    plan: Plan,
    held: Mirror,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number>> => {
    const entries = placedEntries(plan, isNoAddress);
    const keys = entries.filter(({ signature }) => signature !== null).map(({ key }) => key);
    const bits = assignBits(keys, held.bits, freedAt);
    for (const [key, bit] of held.bits) if (!bits.has(key)) freedAt[bit] = now();
    const wanted = renderRuleMaps(entries, bits, exempt(now()));
    for (const name of ruleMaps) await replace(held, name, wanted.get(name)!, signal);
    return bits;
  };
  const replace = async (
    held: Mirror,
    name: MapName,
    content: MapContent,
    signal: AbortSignal,
  ): Promise<void> => {
    if (sameContent(held.maps.get(name)!, content)) return;
    await replaceMap(cli, pathOf(name), content, signal);
    held.maps.set(name, content);
  };
  const replaceAddresses = async (plan: Plan, held: Mirror, signal: AbortSignal): Promise<void> => {
    const wanted = renderAddresses(placedEntries(plan, isAddress));
    const foreign = new Set(plan.foreign.filter(isAddress).map(({ value }) => value));
    for (const [name, content] of wanted) {
      for (const [key, value] of held.maps.get(name)!) if (foreign.has(key)) content.set(key, value);
      await replace(held, name, content, signal);
    }
  };
  /** Single changes, removals first: what a plan of some entries against a map of many costs. */
  const changeAddresses = async (plan: Plan, held: Mirror, signal: AbortSignal): Promise<void> => {
    const changes = addressChanges(plan, held);
    for (const [name, list] of changes) {
      if (list.length === 0) continue;
      const content = new Map(held.maps.get(name));
      await changeMap(cli, pathOf(name), list, signal);
      for (const { op, key, value } of list) {
        if (op === 'del') content.delete(key);
        else content.set(key, value);
      }
      held.maps.set(name, content);
    }
  };
  const writeFiles = async (
    before: ReadonlyMap<MapName, MapContent>,
    held: Mirror,
    all: boolean,
  ): Promise<void> => {
    if (!config.write_files) return;
    for (const name of mapNames)
      if (all || before.get(name) !== held.maps.get(name))
        await writeWhole(pathOf(name), mapText(held.maps.get(name)!));
  };

  return {
    descriptor: {
      kind: 'haproxy',
      pools: [
        { name: 'addresses', holds: ['ip4', 'ip6'], capacity: config.capacity },
        ...(config.attributes.length > 0
          ? [{ name: 'values', holds: config.attributes, capacity: config.values }]
          : []),
        ...(config.rules > 0
          ? [{ name: 'rules', holds: ['signature'] as const, capacity: config.rules }]
          : []),
      ],
      actions: actionKinds.filter((kind) => (config.actions as readonly string[]).includes(kind)),
      replaceOnly: false,
      longestV6Prefix: 128,
      ruleLanguage: config.rules > 0 ? 'haproxy' : 'none',
      nativeTtl: false,
      lock: 'none',
      scope: 'instance',
      coalesceMs: 20,
    },
    inexpressible(entry) {
      if (isAddress(entry)) return null;
      if (entry.kind !== 'signature')
        return /^[A-Za-z0-9._:/+-]+$/.test(entry.value)
          ? null
          : `HAProxy can not say ${JSON.stringify(entry.value)}`;
      const { signature } = entry.target;
      if (signature === null) return 'a signature without predicates';
      const reason = whyNoHaproxyRule(signature, config.attributes);
      if (reason !== null) return reason;
      const isLong =
        entry.value.length > (longestRule * 3) / 4 / 2 ||
        signature.predicates.some(({ values }) =>
          values.some((value) => (endpointPattern(value)?.length ?? 0) > longestRule / 2),
        );
      return isLong ? 'too long for HAProxy' : null;
    },
    async observe(signal): Promise<Observed> {
      const current = await statesOf(signal);
      const isKnown =
        mirror !== null &&
        mirror.process === current.id &&
        now() - mirror.readAt < readEveryMs &&
        mapNames.every((name) => mirror!.states.get(name) === current.states.get(name));
      if (!isKnown) mirror = await readAll(current, signal);
      const held = mirror!;
      return { entries: [...held.observed.values()], damaged: damageOf(held) };
    },
    async apply(plan, signal) {
      const held = mirror ?? (await readAll(await statesOf(signal), signal));
      // Until all is done nothing is known: a fault in between must lead to a fresh look.
      mirror = null;
      const before = new Map(held.maps);
      const changes = plan.add.length + plan.update.length + plan.remove.length;
      const isWhole = plan.rewrite || changes > mostSingleChanges;
      if (isWhole) await replaceAddresses(plan, held, signal);
      else await changeAddresses(plan, held, signal);
      const bits = await replaceRules(plan, held, signal);
      await writeFiles(before, held, plan.rewrite);
      for (const { key } of plan.remove) held.observed.delete(key);
      for (const entry of [...plan.add, ...plan.update]) held.observed.set(entry.key, asObserved(entry));
      if (isWhole) return;
      const { id, states } = await statesOf(signal);
      if (id === held.process) mirror = { ...held, states, bits };
    },
    close: async () => {},
  };
}

/** The changes of addresses, map by map; an entry that changes its action changes its map. */
function addressChanges(plan: Plan, held: Mirror): Map<MapName, MapChange[]> {
  const changes = new Map<MapName, MapChange[]>(Object.values(addressMaps).map((name) => [name, []]));
  for (const entry of plan.remove)
    for (const [name, list] of changes)
      if (isAddress(entry) && held.maps.get(name)!.has(entry.value))
        list.push({ op: 'del', key: entry.value, value: '' });
  for (const entry of [...plan.update, ...plan.add].filter(isAddress).map(placed)) {
    const wanted = addressMapOf(entry);
    for (const [name, list] of changes) {
      const isThere = held.maps.get(name)!.has(entry.value);
      if (name === wanted)
        list.push({ op: isThere ? 'set' : 'add', key: entry.value, value: valueText(entry) });
      else if (isThere) list.push({ op: 'del', key: entry.value, value: '' });
    }
  }
  return changes;
}

function sameContent(a: MapContent, b: MapContent): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  const others = b.entries();
  // In order: of two patterns that fit a request the first counts.
  for (const [key, value] of a) {
    const [otherKey, otherValue] = others.next().value!;
    if (key !== otherKey || value !== otherValue) return false;
  }
  return true;
}
