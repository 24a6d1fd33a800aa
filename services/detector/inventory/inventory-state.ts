import { minutePanes } from '../layout.ts';
import type { EndpointEntry } from './endpoint-entry.ts';
import { createNoticeBudget, type NoticeBudget } from './notices.ts';

/** Endpoints of one site, part of what reduce keeps of it. Everything in it follows from the merged panes alone. */
export interface Inventory {
  readonly site: string;
  /** By scope key, in the order of first appearance. */
  readonly entries: Map<string, EndpointEntry>;
  readonly families: { readonly keys: Set<string>; readonly known: Map<string, string | null> };
  readonly budget: NoticeBudget;
  /** Documented endpoints said to be unused, by `METHOD host/template`. */
  readonly unused: Map<string, number>;
  firstPane: number;
  choresMinute: number;
  /** An endpoint came or changed since analogues were last paired. */
  pairingDue: boolean;
}

export function createInventory(site: string, firstPane: number): Inventory {
  return {
    site,
    entries: new Map(),
    families: { keys: new Set(), known: new Map() },
    budget: createNoticeBudget(),
    unused: new Map(),
    firstPane,
    choresMinute: Math.floor(firstPane / minutePanes),
    pairingDue: false,
  };
}
