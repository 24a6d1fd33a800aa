import { HyperLogLog } from '../sketches/hyper-log-log.ts';
import type { EndpointEntry } from './endpoint-entry.ts';
import type { Inventory } from './inventory-state.ts';

type EntrySnapshot = Omit<EndpointEntry, 'clients'> & { readonly clients: Uint8Array };

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
      snapshot.entries.map((entry) => {
        const { buffer, byteOffset, byteLength } = entry.clients;
        const clients = HyperLogLog.fromBytes(Buffer.from(buffer, byteOffset, byteLength));
        return [entry.key, { ...entry, clients }];
      }),
    ),
    families: { keys: new Set(snapshot.families), known: new Map() },
  };
}
