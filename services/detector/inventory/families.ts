import { familiesOf, wordVariable } from '../../../lib/path/word-family.ts';
import { byKindAndKey, isPair } from '../groups.ts';
import { traitIndex } from '../layout.ts';
import type { PaneGroup } from '../pane-group.ts';
import { mergeGroups } from '../sketches/merge-partials.ts';
import type { EndpointEntry } from './endpoint-entry.ts';

/** Endpoints that differ in one word are many before they are one. Words with dashes or digits look like names. */
const fewest = { names: 30, words: 100 } as const;
const fewestRequests = { names: 500, words: 1000 } as const;
/** Share of members that look like names for the lower figures to count. */
const mostlyNames = 0.8;
/** Names of things keep coming, and most are asked for rarely; operations of an API are soon all known. */
const newcomers = 0.25;
const rare = 0.3;
const rareRequests = 2;
/** Share of requests beyond the limit of a folder from which on it is open-ended in any case. */
const overflow = 0.2;
const fewestPanes = 600;

/** Keys (`METHOD host/template`) by the family that they are counted as. */
export interface FamilyTable {
  readonly keys: ReadonlySet<string>;
  /** Remembered answers of `familyOf`. */
  readonly known: Map<string, string | null>;
}

const remembered = 20_000;

/** The family that a scope key is counted as, or null. */
export function familyOf(table: FamilyTable, key: string): string | null {
  if (table.keys.size === 0) return null;
  let family = table.known.get(key);
  if (family === undefined) {
    family = familiesOf(key).find((candidate) => table.keys.has(candidate)) ?? null;
    if (table.known.size >= remembered) table.known.clear();
    table.known.set(key, family);
  }
  return family;
}

/** The groups of a pane with the members of families merged; in the same order of kind and key as they came. */
export function groupFamilies(
  table: FamilyTable,
  groups: readonly PaneGroup[],
  samples: number,
): readonly PaneGroup[] {
  if (table.keys.size === 0) return groups;
  const renamed = groups.map((group) => inFamily(table, group));
  const rest = groups.filter((_, index) => renamed[index] === null);
  if (rest.length === groups.length) return groups;
  const members = renamed.filter((group) => group !== null);
  return [...rest, ...mergeGroups(members, samples)].sort(byKindAndKey);
}

function inFamily(table: FamilyTable, group: PaneGroup): PaneGroup | null {
  if (group.kind !== 'endpoint' && !isPair(group.kind)) return null;
  // what a document names stays what it is
  if (group.samples[0]?.attributes[traitIndex.documented] === 'yes') return null;
  // the key of a pair is that of its endpoint and, after a blank, what it is paired with
  const rest = group.key.indexOf(' ', group.key.indexOf(' ') + 1);
  const family = familyOf(table, rest < 0 ? group.key : group.key.slice(0, rest));
  if (family === null) return null;
  const host = family.indexOf(' ') + 1;
  const endpoint = `${family.slice(0, host)}${family.slice(family.indexOf('/', host))}`;
  return {
    ...group,
    key: rest < 0 ? family : `${family}${group.key.slice(rest)}`,
    samples: group.samples.map((sample) => {
      const attributes = [...sample.attributes];
      attributes[traitIndex.endpoint] = endpoint;
      return { ...sample, attributes };
    }),
  };
}

/** Families that the endpoints of a site have come to be, with their members: by key, at most one family a member. */
export function learnFamilies(
  entries: Iterable<EndpointEntry>,
  eligible: (entry: EndpointEntry) => boolean,
  pane: number,
): readonly (readonly [string, readonly EndpointEntry[]])[] {
  const candidates = new Map<string, EndpointEntry[]>();
  for (const entry of entries) {
    if (entry.succeeded === 0 || !eligible(entry)) continue;
    for (const family of familiesOf(entry.key)) {
      if (family.split(wordVariable).length > 2) continue; // one word is enough to be sure of
      const list = candidates.get(family);
      if (list === undefined) candidates.set(family, [entry]);
      else list.push(entry);
    }
  }
  const taken = new Set<string>();
  const found: [string, readonly EndpointEntry[]][] = [];
  for (const family of [...candidates.keys()].sort()) {
    const members = candidates.get(family)!.filter(({ key }) => !taken.has(key));
    if (!isOpenEnded(family, members, pane)) continue;
    for (const { key } of members) taken.add(key);
    found.push([family, members]);
  }
  return found;
}

function isOpenEnded(family: string, members: readonly EndpointEntry[], pane: number): boolean {
  if (members.length < fewest.names) return false;
  const at = family.indexOf(wordVariable);
  const after = family.length - at - wordVariable.length;
  const named = members.filter(({ key }) => /[-_\d]/.test(key.slice(at, key.length - after))).length;
  const kind = named >= mostlyNames * members.length ? 'names' : 'words';
  const requests = members.reduce((sum, member) => sum + member.requests, 0);
  if (members.length < fewest[kind] || requests < fewestRequests[kind]) return false;
  const first = members.reduce((least, { firstPane }) => Math.min(least, firstPane), pane);
  if (pane - first < fewestPanes) return false;
  const beyond = members
    .filter(({ template }) => template.includes('{other}'))
    .reduce((sum, member) => sum + member.requests, 0);
  if (beyond >= overflow * requests) return true;
  const half = first + (pane - first) / 2;
  const late = members.filter(({ firstPane }) => firstPane >= half).length;
  const seldom = members.filter((member) => member.requests <= rareRequests).length;
  return late >= newcomers * members.length && seldom >= rare * members.length;
}
