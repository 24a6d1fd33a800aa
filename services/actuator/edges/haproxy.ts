import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';
import { actionKinds } from '../decider/actions.ts';
import type { Edge, EdgeDependencies, Observed } from '../edge.ts';
import { isAddress } from '../entry-name.ts';
import type { Plan } from '../reconcile.ts';
import { commonEdgeFields, goodListField } from './edge-config.ts';
import { endpointPattern } from './endpoint-pattern.ts';
import { createFileFollower } from './file-follower.ts';
import { changeMap, createHaproxyCli, replaceMap } from './haproxy-cli.ts';
import { followGoodMap } from './haproxy-good-map.ts';
import {
  assignBits,
  type MapName,
  mapNames,
  mapText,
  renderAddresses,
  renderRuleMaps,
  ruleMaps,
} from './haproxy-maps.ts';
import {
  addressChanges,
  contentOf,
  type HaproxyMirror,
  type HaproxyState,
  isSameState,
  readMirror,
  readState,
  sameContent,
} from './haproxy-mirror.ts';
import { mostRules, whyNoHaproxyRule } from './haproxy-rules.ts';
import { asObserved, placedAgain, placedEntries } from './placed-entry.ts';
import { toldAttributes, valueKinds } from './proxy-edge.ts';

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
    .array(z.enum(toldAttributes))
    .default([])
    .describe('What the frontend supplies besides: txn.tidegate_country and so on'),
  /** Without it a signature for everyone but the good is left out. */
  pass: z
    .strictObject({})
    .optional()
    .describe(
      'The frontend checks passes into txn.tidegate_standing before our lines (docs/howto/passes.md); rules may spare whom they speak for',
    ),
  good_list: goodListField,
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
/** How long after a change of some addresses their file is written: it takes as long as all of them do. */
const filesFollowMs = 1000;
/** A line of a map file and of the runtime API fits HAProxy's buffer of 16 KiB. */
const longestRule = 12_000;

const isNoAddress = (entry: Parameters<typeof isAddress>[0]): boolean => !isAddress(entry);

export function createHaproxyEdge(
  config: HaproxyConfig,
  { now, exempt, isArmed, good }: EdgeDependencies,
): Edge {
  const cli = createHaproxyCli(config.socket, config.timeout);
  const pathOf = (name: MapName): string => join(config.directory, `${name}.map`);
  const files = createFileFollower(filesFollowMs);
  const goodMap =
    config.good_list === undefined || good === undefined
      ? null
      : followGoodMap({
          cli,
          path: join(config.directory, 'good.map'),
          list: good,
          isArmed,
          writesFile: config.write_files,
        });
  const knowsGood = config.pass !== undefined || config.good_list !== undefined;
  const whyNoGood = (): string | null => {
    if (config.pass !== undefined) return null;
    if (!knowsGood) return 'needs to know good clients: check passes and say so in pass, or set good_list';
    return goodMap?.whyNot() ?? null;
  };
  /** null: not known, everything has to be read. */
  let mirror: HaproxyMirror | null = null;
  /** What was wrong with the files when all was read; they are put right when all is written. */
  let filesDiffer: string | null = null;
  const freedAt = Array.from({ length: mostRules }, () => 0);

  const readAll = async (state: HaproxyState, signal: AbortSignal): Promise<HaproxyMirror> => {
    const found = await readMirror(cli, state, pathOf, now(), signal);
    filesDiffer = await whyFilesDiffer(found);
    return found;
  };
  /** Whether the files say what HAProxy holds: what the next process would start with. */
  const whyFilesDiffer = async (held: HaproxyMirror): Promise<string | null> => {
    if (!config.write_files) return null;
    await files.flush();
    for (const name of mapNames) {
      const text = await readFile(pathOf(name), 'utf8').catch(() => null);
      if (text !== mapText(contentOf(held, name))) return `${pathOf(name)} is not in step`;
    }
    return null;
  };
  /** Differences that no entry shows. */
  const damageOf = (held: HaproxyMirror): string | null => {
    const entries = placedAgain([...held.observed.values()].filter(isNoAddress));
    const wanted = renderRuleMaps(entries, held.bits, exempt(now()), knowsGood);
    for (const name of ruleMaps)
      if (!sameContent(held.rules.get(name)!, wanted.get(name)!)) return `map ${name} differs`;
    return filesDiffer;
  };
  const noteFile = (held: HaproxyMirror, name: MapName): void => {
    if (config.write_files) files.changed(pathOf(name), () => mapText(contentOf(held, name)));
  };

  const replaceRules = async (
    plan: Plan,
    held: HaproxyMirror,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number>> => {
    const entries = placedEntries(plan, isNoAddress);
    const keys = entries.filter(({ signature }) => signature !== null).map(({ key }) => key);
    const bits = assignBits(keys, held.bits, freedAt);
    for (const [key, bit] of held.bits) if (!bits.has(key)) freedAt[bit] = now();
    const wanted = renderRuleMaps(entries, bits, exempt(now()), knowsGood);
    for (const [name, content] of wanted) {
      if (sameContent(held.rules.get(name)!, content)) continue;
      await replaceMap(cli, pathOf(name), content, signal);
      held.rules.set(name, content);
      noteFile(held, name);
    }
    return bits;
  };
  const replaceAddresses = async (plan: Plan, held: HaproxyMirror, signal: AbortSignal): Promise<void> => {
    const wanted = renderAddresses(placedEntries(plan, isAddress));
    const foreign = new Set(plan.foreign.filter(isAddress).map(({ value }) => value));
    for (const [name, content] of wanted) {
      for (const [key, value] of held.addresses.get(name)!) if (foreign.has(key)) content.set(key, value);
      if (sameContent(held.addresses.get(name)!, content)) continue;
      await replaceMap(cli, pathOf(name), content, signal);
      held.addresses.set(name, content);
      noteFile(held, name);
    }
  };
  /** Single changes, removals first: what a plan of some entries against a map of many costs. */
  const changeAddresses = async (plan: Plan, held: HaproxyMirror, signal: AbortSignal): Promise<void> => {
    for (const [name, list] of addressChanges(plan, held)) {
      if (list.length === 0) continue;
      await changeMap(cli, pathOf(name), list, signal);
      const content = held.addresses.get(name)!;
      for (const { op, key, value } of list) {
        if (op === 'del') content.delete(key);
        else content.set(key, value);
      }
      noteFile(held, name);
    }
  };

  const told = valueKinds.filter((kind) => config.attributes.includes(kind));
  return {
    descriptor: {
      kind: 'haproxy',
      pools: [
        { name: 'addresses', holds: ['ip4', 'ip6'], capacity: config.capacity },
        ...(told.length > 0 ? [{ name: 'values', holds: told, capacity: config.values }] : []),
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
      const reason = whyNoHaproxyRule(signature, config.attributes, whyNoGood);
      if (reason !== null) return reason;
      const isLong =
        entry.value.length > (longestRule * 3) / 4 / 2 ||
        signature.predicates.some(({ values }) =>
          values.some((value) => (endpointPattern(value)?.length ?? 0) > longestRule / 2),
        );
      return isLong ? 'too long for HAProxy' : null;
    },
    async observe(signal): Promise<Observed> {
      await goodMap?.settle();
      const state = await readState(cli, pathOf, signal);
      const isKnown =
        mirror !== null && isSameState(mirror, state) && now() - mirror.readAt < readEveryMs && files.isWell;
      if (!isKnown) mirror = await readAll(state, signal);
      const held = mirror!;
      return { entries: [...held.observed.values()], damaged: damageOf(held) };
    },
    async isAsKnown(signal) {
      if (mirror === null || !files.isWell) return false;
      return isSameState(mirror, await readState(cli, pathOf, signal));
    },
    async apply(plan, signal) {
      const held = mirror ?? (await readAll(await readState(cli, pathOf, signal), signal));
      // Until all is done nothing is known: a fault in between must lead to a fresh look.
      mirror = null;
      const changes = [...plan.remove, ...plan.update, ...plan.add];
      const isWhole = plan.rewrite || changes.length > mostSingleChanges;
      if (isWhole) await replaceAddresses(plan, held, signal);
      else await changeAddresses(plan, held, signal);
      const concernsRules = isWhole || changes.some(isNoAddress);
      const bits = concernsRules ? await replaceRules(plan, held, signal) : held.bits;
      if (plan.rewrite) for (const name of mapNames) noteFile(held, name);
      for (const { key } of plan.remove) held.observed.delete(key);
      for (const entry of [...plan.add, ...plan.update]) held.observed.set(entry.key, asObserved(entry));
      // Only a long list of addresses takes long to write.
      if (concernsRules) await files.flush();
      if (isWhole) return;
      const state = await readState(cli, pathOf, signal);
      if (state.process === held.process) mirror = { ...held, ...state, bits };
    },
    async close() {
      try {
        await goodMap?.close();
      } finally {
        await files.flush();
      }
    },
  };
}
