import { createInventory } from '../../inventory/inventory-state.ts';
import { createSiteMix } from './site-mix.ts';
import type { SiteState } from './site-state.ts';

/** A site of which nothing is known yet. */
export function createSiteState(site: string, firstPane: number): SiteState {
  return {
    site,
    scopes: new Map(),
    pools: new Map(),
    alikeAt: firstPane,
    firstPane,
    sight: { pane: firstPane, unseen: 1, missing: null, rerouted: null },
    campaigns: new Map(),
    before: new Map(),
    refuted: new Map(),
    clients: new Map(),
    mix: createSiteMix(),
    learned: new Map(),
    lost: new Map(),
    noneIdleBefore: firstPane,
    reference: null,
    routes: new Map(),
    inventory: createInventory(site, firstPane),
  };
}
