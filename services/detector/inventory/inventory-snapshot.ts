import { HyperLogLog } from '../sketches/hyper-log-log.ts';
import type { EndpointEntry } from './endpoint-entry.ts';
import type { Inventory } from './inventory-state.ts';

type EntrySnapshot = Omit<EndpointEntry, 'clients'> & { readonly clients: Buffer };

/** An Inventory made of plain values that node:v8 can serialize. */
export interface InventorySnapshot extends Omit<Inventory, 'entries' | 'families'> {
  readonly entries: readonly EntrySnapshot[];
  readonly families: readonly string[];
}

export function snapshotInventory(inventory: Inventory): InventorySnapshot {
  return {
    ...inventory,
    entries: [...inventory.entries.values()].map((entry) => ({ ...entry, clients: entry.clients.toBytes() })),
    families: [...inventory.families.keys],
  };
}

export function restoreInventory(snapshot: InventorySnapshot): Inventory {
  return {
    ...snapshot,
    entries: new Map(
      snapshot.entries.map((entry) => [
        entry.key,
        { ...entry, clients: HyperLogLog.fromBytes(entry.clients) },
      ]),
    ),
    families: { keys: new Set(snapshot.families), known: new Map() },
  };
}
