import { EdgeError, type ObservedEntry } from '../edge.ts';
import { isAddress } from '../entry-name.ts';
import type { Plan } from '../reconcile.ts';
import { type HaproxyCli, type MapChange, readMap, readProcess } from './haproxy-cli.ts';
import {
  type AddressMapName,
  addressMapNames,
  addressMapOf,
  type MapContent,
  type MapName,
  mapNames,
  type RuleMapName,
  readEntries,
  ruleMaps,
  valueText,
} from './haproxy-maps.ts';
import { placed } from './placed-entry.ts';

/** How a process and its maps stand: whoever else changes something shows in it. */
export interface HaproxyState {
  readonly process: string;
  readonly states: ReadonlyMap<MapName, string>;
}

/** What HAProxy held when we last looked, and our changes since. Changed in place: there may be many addresses. */
export interface HaproxyMirror extends HaproxyState {
  readonly addresses: Map<AddressMapName, Map<string, string>>;
  readonly rules: Map<RuleMapName, MapContent>;
  readonly observed: Map<string, ObservedEntry>;
  readonly bits: ReadonlyMap<string, number>;
  /** Epoch ms. */
  readonly readAt: number;
}

/** Throws EdgeError `missing` when a map is not there. */
export async function readState(
  cli: HaproxyCli,
  pathOf: (name: MapName) => string,
  signal: AbortSignal,
): Promise<HaproxyState> {
  const { id, maps } = await readProcess(cli, signal);
  const byPath = new Map(maps.map((map) => [map.path, map.state]));
  const missing = mapNames.filter((name) => !byPath.has(pathOf(name)));
  if (missing.length > 0)
    throw new EdgeError(
      'missing',
      `HAProxy has no map ${pathOf(missing[0]!)}: its frontends need the lines of deploy/haproxy/tidegate-frontend.cfg`,
    );
  return { process: id, states: new Map(mapNames.map((name) => [name, byPath.get(pathOf(name))!])) };
}

export function isSameState(a: HaproxyState, b: HaproxyState): boolean {
  return a.process === b.process && mapNames.every((name) => a.states.get(name) === b.states.get(name));
}

export async function readMirror(
  cli: HaproxyCli,
  state: HaproxyState,
  pathOf: (name: MapName) => string,
  at: number,
  signal: AbortSignal,
): Promise<HaproxyMirror> {
  const addresses = new Map<AddressMapName, Map<string, string>>();
  const rules = new Map<RuleMapName, MapContent>();
  for (const name of addressMapNames) addresses.set(name, await readMap(cli, pathOf(name), signal));
  for (const name of ruleMaps) rules.set(name, await readMap(cli, pathOf(name), signal));
  const { entries, bits } = readEntries(new Map<MapName, MapContent>([...addresses, ...rules]));
  const observed = new Map(entries.map((entry) => [entry.key, entry]));
  return { ...state, addresses, rules, observed, bits, readAt: at };
}

export const contentOf = ({ addresses, rules }: HaproxyMirror, name: MapName): MapContent =>
  addresses.get(name as AddressMapName) ?? rules.get(name as RuleMapName)!;

/** The changes of addresses, map by map; an entry that changes its action changes its map. */
export function addressChanges(plan: Plan, held: HaproxyMirror): Map<AddressMapName, MapChange[]> {
  const changes = new Map<AddressMapName, MapChange[]>(addressMapNames.map((name) => [name, []]));
  for (const entry of plan.remove)
    for (const [name, list] of changes)
      if (isAddress(entry) && held.addresses.get(name)!.has(entry.value))
        list.push({ op: 'del', key: entry.value, value: '' });
  for (const entry of [...plan.update, ...plan.add].filter(isAddress).map(placed)) {
    const wanted = addressMapOf(entry);
    for (const [name, list] of changes) {
      const isThere = held.addresses.get(name)!.has(entry.value);
      if (name === wanted)
        list.push({ op: isThere ? 'set' : 'add', key: entry.value, value: valueText(entry) });
      else if (isThere) list.push({ op: 'del', key: entry.value, value: '' });
    }
  }
  return changes;
}

export function sameContent(a: MapContent, b: MapContent): boolean {
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
