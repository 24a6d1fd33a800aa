import type { ApiEndpoint, EndpointAlias, EndpointNotice } from '../../../lib/contracts/generated.ts';
import type { Outgoing } from '../../../lib/log/log.ts';
import { valueOfSnapshot, valueSnapshot } from '../../../lib/log/snapshot.ts';
import { createApiCatalogue, emptyCatalogue } from '../../../lib/path/api-catalogue.ts';
import { documentedEndpoints } from '../../../lib/path/openapi.ts';
import { contribute, createContribution } from '../combine/contribution.ts';
import { CountedEndpoint } from '../combine/counted-endpoint.ts';
import { GroupPlan } from '../combine/group-plan.ts';
import { GroupPool } from '../combine/group-pool.ts';
import { Pane } from '../combine/pane.ts';
import { plainGroup } from '../frames/frames.ts';
import { byKindAndKey } from '../groups.ts';
import { paneMs } from '../layout.ts';
import { mergeGroups } from '../sketches/merge-partials.ts';
import { EndpointMemory } from '../state/endpoint-memory.ts';
import { responseFlags } from '../state/observation.ts';
import { createRequestFacts, readFacts, readIdentity } from '../state/request-facts.ts';
import { enriched, type Sketch } from '../traffic.test-fixture.ts';
import type { InventorySettings } from './classify.ts';
import { inventoryConfig } from './config.ts';
import { asCounted, flushInventory, observePane } from './inventory.ts';
import { restoreInventory, snapshotInventory } from './inventory-snapshot.ts';
import { createInventory, type Inventory } from './inventory-state.ts';

export const start = Date.UTC(2026, 10, 2, 9);
const samples = 48;
const noPolicies = new GroupPlan([]);
const pool = new GroupPool(samples, noPolicies.sketches, 5000);

export function settings(config: object = {}, openapi?: string, hosts: string[] = []): InventorySettings {
  return {
    config: inventoryConfig.parse(config),
    api:
      openapi === undefined
        ? emptyCatalogue
        : createApiCatalogue(documentedEndpoints(openapi, 'api.yaml', hosts)),
  };
}

export interface Watched {
  readonly inventory: Inventory;
  readonly outputs: readonly Outgoing[];
  /** Last revision of each endpoint, by `METHOD host/template`. */
  readonly rows: ReadonlyMap<string, ApiEndpoint>;
  readonly notices: readonly EndpointNotice[];
  readonly aliases: readonly EndpointAlias[];
}

export interface WatchOptions {
  /** Which partition a request lies on; default: all on one. */
  readonly partitionOf?: (index: number) => number;
  readonly attacked?: (key: string) => boolean;
  /** Goes through a snapshot after so many panes. */
  readonly restartAfter?: number;
}

/** Feeds requests in order of time through panes of their partitions, merged, to an inventory, and ends the input. */
export function watch(
  sketches: readonly Sketch[],
  of: InventorySettings,
  options: WatchOptions = {},
): Watched {
  const panes = new Map<number, Map<number, Pane>>();
  const endpoints = new EndpointMemory((identity) => new CountedEndpoint(identity));
  sketches.forEach((sketch, index) => {
    const event = enriched(sketch, index);
    const at = Math.floor(sketch.at / paneMs);
    const partitions = panes.get(at) ?? new Map<number, Pane>();
    panes.set(at, partitions);
    const partition = options.partitionOf?.(index) ?? 0;
    const pane =
      partitions.get(partition) ??
      new Pane(at * paneMs, index, pool, noPolicies, { groups: 5000, clients: 100 });
    partitions.set(partition, pane);
    const facts = createRequestFacts();
    readIdentity(facts, event, 1);
    readFacts(facts, event);
    const endpoint = endpoints.of(event, facts);
    const contribution = createContribution();
    contribute(contribution, event, responseFlags(event, facts, endpoint.part), facts);
    pane.add(event, endpoint, contribution);
  });
  const order = [...panes.keys()].sort((a, b) => a - b);
  let inventory = createInventory('default', order[0] ?? 0);
  const outputs: Outgoing[] = [];
  order.forEach((pane, index) => {
    const partials = [...panes.get(pane)!.values()].flatMap((each) => each.partials().map(plainGroup));
    const merged = mergeGroups(partials, samples).sort(byKindAndKey);
    const counted = asCounted(inventory, merged, samples);
    outputs.push(...observePane(inventory, of, pane, counted, options.attacked ?? (() => false)));
    if (index + 1 === options.restartAfter)
      inventory = restoreInventory(valueOfSnapshot(valueSnapshot(snapshotInventory(inventory))));
  });
  outputs.push(...flushInventory(inventory, of, (order.at(-1) ?? 0) + 1));
  const rows = new Map<string, ApiEndpoint>();
  for (const { type, value } of outputs)
    if (type === 'ApiEndpoint') rows.set(value.endpoint.replace(' ', ` ${value.host}`), value);
  const valuesOf = <V>(type: string): V[] =>
    outputs.filter((output) => output.type === type).map(({ value }) => value as V);
  return {
    inventory,
    outputs,
    rows,
    notices: valuesOf('EndpointNotice'),
    aliases: valuesOf('EndpointAlias'),
  };
}

/** `count` requests by as many clients, one a second. */
export function calls(
  endpoint: string,
  count: number,
  more: Partial<Sketch> & { from?: number } = {},
): Sketch[] {
  const { from = start, ...rest } = more;
  return Array.from({ length: count }, (_, n) => ({
    at: from + n * 1000,
    ip: `91.1.${Math.floor(n / 250)}.${n % 250}`,
    endpoint,
    ...rest,
  }));
}

export const byTime = (...streams: readonly (readonly Sketch[])[]): Sketch[] =>
  streams.flat().sort((a, b) => a.at - b.at);
