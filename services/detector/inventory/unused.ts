import type { Outgoing } from '../../../lib/log/log.ts';
import { asideMethods } from '../../../lib/path/aside-methods.ts';
import { guessFunction } from '../../../lib/path/endpoint-function.ts';
import type { DocumentedEndpoint } from '../../../lib/path/openapi.ts';
import { hostMatches } from '../../../lib/path/route-trie.ts';
import { documentOf, type InventorySettings } from './classify.ts';
import type { EndpointEntry } from './endpoint-entry.ts';
import type { Inventory } from './inventory-state.ts';
import { unusedOut } from './records.ts';

/** Hosts of the site that a documented endpoint may be called on: its own, or '' when the document names none. */
function hostsOf(inventory: Inventory, document: DocumentedEndpoint): readonly string[] {
  const seen = new Set<string>();
  for (const { host } of inventory.entries.values()) if (hostMatches(document.hosts, host)) seen.add(host);
  if (seen.size === 0) return [];
  const named = document.hosts.filter((host) => !host.startsWith('*.') && seen.has(host));
  return named.length > 0 ? named : [''];
}

/** Rows of what documents promise and nobody calls. */
export function sayUnused(inventory: Inventory, settings: InventorySettings, pane: number): Outgoing[] {
  const { api } = settings;
  if (api.endpoints.length === 0) return [];
  const used = new Map<DocumentedEndpoint, Set<string>>();
  for (const entry of inventory.entries.values()) {
    const document = documentOf(settings, entry);
    if (document === null || entry.establishedPane === null) continue;
    const hosts = used.get(document) ?? new Set();
    used.set(document, hosts.add(entry.host));
  }
  const outputs: Outgoing[] = [];
  for (const document of api.endpoints) {
    // nobody is expected to call what is gone
    if (document.documentation === 'gone' || asideMethods.has(document.method)) continue;
    for (const host of hostsOf(inventory, document)) {
      const calledOn = used.get(document);
      if (host === '' ? calledOn !== undefined : calledOn?.has(host)) continue;
      const key = `${document.method} ${host}${document.template}`;
      if (inventory.unused.has(key)) continue;
      inventory.unused.set(key, 1);
      const kind = guessFunction(document.method, document.template);
      outputs.push(unusedOut(inventory.site, document, host, kind, 1, pane, null));
    }
  }
  return outputs;
}

/** An endpoint said to be unused is called after all: its row goes on as that of the entry. */
export function supersedeUnused(
  inventory: Inventory,
  settings: InventorySettings,
  entry: EndpointEntry,
  pane: number,
): Outgoing[] {
  const document = documentOf(settings, entry);
  if (document === null) return [];
  const outputs: Outgoing[] = [];
  for (const host of new Set([entry.host, ''])) {
    const key = `${document.method} ${host}${document.template}`;
    const revision = inventory.unused.get(key);
    if (revision === undefined) continue;
    inventory.unused.delete(key);
    if (key === entry.key) entry.revision = revision;
    else {
      const kind = guessFunction(document.method, document.template);
      outputs.push(unusedOut(inventory.site, document, host, kind, revision + 1, pane, entry.key));
    }
  }
  return outputs;
}
