import type { Outgoing } from '../../../lib/log/log.ts';
import { asideMethods } from '../../../lib/path/aside-methods.ts';
import { minutePanes, paneMs } from '../layout.ts';
import type { PaneGroup } from '../pane-group.ts';
import { pairAnalogues } from './analogues.ts';
import {
  clientClassOfEntry,
  documentOf,
  type EndpointStatus,
  type InventorySettings,
  isRest,
  statusOfEntry,
} from './classify.ts';
import type { ClientClass } from './config.ts';
import { absorb, addGroup, createEntry, type EndpointEntry, parseKey } from './endpoint-entry.ts';
import { type FamilyTable, familyOf, groupFamilies, learnFamilies } from './families.ts';
import type { Inventory } from './inventory-state.ts';
import { noticeEntry, sayUnsaid, turnHour } from './notices.ts';
import { aliasOut, factsOf, publishEntry } from './records.ts';
import { sayUnused, supersedeUnused } from './unused.ts';

/** Never answered with success, an endpoint needs this many times as many clients to be one. */
const withoutSuccess = 10;
const familyMinutes = 5;
const unusedMinutes = 60;
const mostFamilies = 200;
/** What is learned of an endpoint may change back and forth: no revision more often than this for it. */
const newsPanes = 5 * minutePanes;
/** Of a new endpoint much is learned in its first minutes: its first revisions come each minute. */
const settled = 3;
/** The groups of a pane as they count from it on: members of a family are merged. Before anything else looks at them. */
export function asCounted(
  inventory: Inventory,
  groups: readonly PaneGroup[],
  samples: number,
): readonly PaneGroup[] {
  return groupFamilies(inventory.families, groups, samples);
}

/**
 * Takes in the merged groups of one pane (sorted, families merged) and answers what is to be published. `attacked`:
 * keys that a campaign is about; who calls them now says nothing about who normally does.
 */
export function observePane(
  inventory: Inventory,
  settings: InventorySettings,
  pane: number,
  groups: readonly PaneGroup[],
  attacked: (key: string) => boolean,
): Outgoing[] {
  const { entries, site } = inventory;
  const { config } = settings;
  const minute = Math.floor(pane / minutePanes);
  const passed = (every: number): boolean =>
    Math.floor(minute / every) !== Math.floor(inventory.choresMinute / every);
  const outputs = passed(1) ? chores(inventory, settings, pane, passed(unusedMinutes)) : [];
  const familiesDue = config.families && passed(familyMinutes);
  inventory.choresMinute = minute;
  for (const group of groups) {
    if (group.kind !== 'endpoint') continue;
    let entry = entries.get(group.key);
    if (entry === undefined) {
      const made = asideMethods.has(group.key.slice(0, group.key.indexOf(' ')))
        ? null
        : createEntry(group, pane);
      if (made === null || !makeRoom(entries, config.endpoints)) continue;
      entry = made;
      entries.set(entry.key, entry);
    }
    addGroup(entry, group, pane, config.clients, !attacked(entry.key));
    if (entry.establishedPane !== null || !isEstablished(settings, entry)) continue;
    entry.establishedPane = pane;
    entry.witnesses = [];
    inventory.pairingDue = true;
    outputs.push(...supersedeUnused(inventory, settings, entry, pane));
    outputs.push(publishEntry(settings, site, entry, pane));
    outputs.push(...noticeEntry(settings, site, inventory.budget, entry, pane));
  }
  if (familiesDue) outputs.push(...mergeFamilies(inventory, settings, pane, attacked));
  return outputs;
}

/**
 * A path is an endpoint when it answered some distinct clients with success, so that what scanners try and do not find
 * is none. A documented one needs to be found once. One that never succeeds (all log-ins fail) needs many clients; one
 * that should be gone only has to be called.
 */
function isEstablished(settings: InventorySettings, entry: EndpointEntry): boolean {
  if (isRest(entry)) return false;
  const { clients } = settings.config;
  const status = statusOfEntry(settings, entry);
  if (status === 'documented') return entry.requests > entry.missing;
  if (entry.witnesses.length >= clients) return true;
  if (entry.requests < clients) return false;
  if (status === 'zombie') return entry.clients.count() >= clients;
  return (
    entry.failed >= withoutSuccess * clients &&
    entry.missing * 2 < entry.requests &&
    entry.clients.count() >= withoutSuccess * clients
  );
}

/** Room for one more: a tenth of what is not established goes, the longest idle first. */
function makeRoom(entries: Map<string, EndpointEntry>, limit: number): boolean {
  if (entries.size < limit) return true;
  const idle = [...entries.values()]
    .filter(({ establishedPane }) => establishedPane === null)
    .sort((a, b) => a.lastPane - b.lastPane || (a.key < b.key ? -1 : 1));
  for (const { key } of idle.slice(0, Math.ceil(limit / 10))) entries.delete(key);
  return entries.size < limit;
}

/** Once a minute: what is said of endpoints beyond their first sight, as of the end of the pane before. */
function chores(
  inventory: Inventory,
  settings: InventorySettings,
  pane: number,
  unusedDue: boolean,
): Outgoing[] {
  const outputs = turnHour(inventory.site, inventory.budget, pane);
  const before = pane - 1;
  if (unusedDue) outputs.push(...sayUnused(inventory, settings, before));
  pair(inventory, settings);
  const everyPanes = settings.config.publish_every / paneMs;
  for (const entry of inventory.entries.values()) {
    if (entry.establishedPane === null) continue;
    // what is known changes with calls, and with what else is there
    if (entry.lastPane <= entry.publishedPane && entry.publishedFacts !== '') continue;
    const since = before - entry.publishedPane;
    const due = since >= everyPanes && entry.publishedRequests !== entry.requests;
    const pause = entry.revision < settled ? minutePanes : newsPanes;
    if (!due && (since < pause || !hasNews(settings, entry))) continue;
    outputs.push(publishEntry(settings, inventory.site, entry, before));
    outputs.push(...noticeEntry(settings, inventory.site, inventory.budget, entry, before));
  }
  return outputs;
}

function hasNews(settings: InventorySettings, entry: EndpointEntry): boolean {
  return entry.publishedFacts !== JSON.stringify(factsOf(settings, entry));
}

/** Everything not yet published, when the input has ended. */
export function flushInventory(inventory: Inventory, settings: InventorySettings, pane: number): Outgoing[] {
  const { site, budget } = inventory;
  const outputs = sayUnsaid(site, budget, pane);
  inventory.pairingDue = true;
  pair(inventory, settings);
  for (const entry of inventory.entries.values())
    if (
      entry.establishedPane !== null &&
      (entry.publishedRequests !== entry.requests || hasNews(settings, entry))
    )
      outputs.push(publishEntry(settings, site, entry, pane));
  outputs.push(...sayUnused(inventory, settings, pane));
  return outputs;
}

function pair(inventory: Inventory, settings: InventorySettings): void {
  if (!inventory.pairingDue) return;
  inventory.pairingDue = false;
  const established = [...inventory.entries.values()].filter(
    ({ establishedPane }) => establishedPane !== null,
  );
  const pairs = pairAnalogues(settings, established);
  for (const entry of established) {
    const analogues = pairs.get(entry.key) ?? [];
    if (analogues.join() !== entry.analogues.join()) entry.publishedFacts = '';
    entry.analogues = analogues;
  }
}

function mergeFamilies(
  inventory: Inventory,
  settings: InventorySettings,
  pane: number,
  attacked: (key: string) => boolean,
): Outgoing[] {
  const { entries, families, site } = inventory;
  const outputs: Outgoing[] = [];
  const eligible = (entry: EndpointEntry): boolean =>
    entry.documented !== true && documentOf(settings, entry) === null && !families.keys.has(entry.key);
  for (const [key, members] of learnFamilies(entries.values(), eligible, pane)) {
    if (families.keys.size >= mostFamilies) break;
    // what a campaign is about keeps its name until that is over
    if (members.some((member) => attacked(member.key))) continue;
    const family: EndpointEntry = {
      ...createEntry({ ...emptyGroup, site, key }, pane)!,
      function: members[0]!.function,
    };
    for (const member of members) {
      absorb(family, member);
      entries.delete(member.key);
      if (member.revision > 0) outputs.push(publishEntry(settings, site, member, pane, key));
    }
    family.noticed = members.some(({ noticed }) => noticed);
    entries.set(key, family);
    families.keys.add(key);
    families.known.clear();
    inventory.pairingDue = true;
    outputs.push(aliasOut(site, key, members.length, pane + 1));
    if (family.establishedPane !== null) outputs.push(publishEntry(settings, site, family, pane));
  }
  return outputs;
}

const emptyGroup = { kind: 'endpoint', counts: [], sketches: [], samples: [] } as const;

/** The entry that a scope key is counted in. */
function entryOf(inventory: Inventory, key: string): EndpointEntry | undefined {
  const families: FamilyTable = inventory.families;
  return inventory.entries.get(familyOf(families, key) ?? key);
}

/** Scope keys (`METHOD host/template`) of endpoints that do the same through another door; the likeliest first. */
export function analoguesOf(inventory: Inventory, key: string): readonly string[] {
  return entryOf(inventory, key)?.analogues ?? [];
}

/** What documents say of an endpoint, called or not; `unknown` when none covers its host. */
export function statusOf(inventory: Inventory, settings: InventorySettings, key: string): EndpointStatus {
  const entry = entryOf(inventory, key);
  if (entry !== undefined) return statusOfEntry(settings, entry);
  const parsed = parseKey(key);
  if (parsed === null || !settings.api.covers(parsed.host)) return 'unknown';
  const document = settings.api.find(parsed.method, parsed.host, parsed.template);
  if (document === null) return 'shadow';
  return document.documentation === 'current' ? 'documented' : 'zombie';
}

/** Who calls an endpoint: a challenge is an outage for everything but `browser`. */
export function clientClassOf(inventory: Inventory, settings: InventorySettings, key: string): ClientClass {
  const entry = entryOf(inventory, key);
  return entry === undefined ? 'unknown' : clientClassOfEntry(settings, entry);
}
