import {
  type InventorySnapshot,
  restoreInventory,
  snapshotInventory,
} from '../../inventory/inventory-snapshot.ts';
import { HyperLogLog } from '../../sketches/hyper-log-log.ts';
import { LogHistogram } from '../../sketches/log-histogram.ts';
import type { Baseline, Pool } from './baseline.ts';
import type { Journeys } from './journeys.ts';
import { type SiteState, type WatchedScope, watchedScope } from './site-state.ts';

interface PoolSnapshot {
  readonly totals: Float64Array;
  readonly early: Pool['early'];
  readonly histograms: readonly (readonly [string, Float64Array])[];
  readonly journeys: Journeys;
  /** This and what follows: left out by what earlier versions learned. */
  readonly alike?: Float64Array | null;
  readonly halvedAt?: number | null;
}

/** A SiteState made of plain values that node:v8 can serialize. */
export interface SiteSnapshot extends Omit<SiteState, 'scopes' | 'pools' | 'learned' | 'inventory'> {
  readonly scopes: readonly (readonly [string, unknown])[];
  readonly pools: readonly (readonly [string, PoolSnapshot])[];
  readonly learned: readonly (readonly [string, unknown])[];
  readonly inventory: InventorySnapshot;
}

function snapshotPool({ totals, early, histograms, journeys, alike, halvedAt }: Pool): PoolSnapshot {
  return {
    totals,
    early,
    journeys,
    alike,
    halvedAt,
    histograms: [...histograms].map(([key, histogram]) => [key, histogram.snapshot()] as const),
  };
}

function restorePool(stored: PoolSnapshot): Pool {
  const { totals, early, histograms, journeys, alike = null, halvedAt = null } = stored;
  return {
    totals,
    early,
    journeys,
    alike,
    halvedAt,
    histograms: new Map(histograms.map(([key, counts]) => [key, new LogHistogram(counts)])),
  };
}

export function snapshotSite(state: SiteState): SiteSnapshot {
  return {
    ...state,
    scopes: [...state.scopes].map(([id, { scope, baseline, expected, requirement }]) => [
      id,
      {
        scope: {
          ...scope,
          sketches: scope.sketches.map(({ bucket, of }) => ({ bucket, of: of.map((one) => one.toBytes()) })),
        },
        baseline: storedBaseline(baseline),
        expected: [...expected],
        requirement,
      },
    ]),
    learned: [...state.learned].map(([id, baseline]) => [id, storedBaseline(baseline)] as const),
    pools: [...state.pools].map(([id, pool]) => [id, snapshotPool(pool)] as const),
    inventory: snapshotInventory(state.inventory),
  };
}

function storedBaseline(baseline: Baseline): unknown {
  return { ...baseline, ...snapshotPool(baseline) };
}

function restoreBaseline(stored: Baseline): Baseline {
  const { halvedAt } = stored;
  return { ...stored, ...restorePool(stored as unknown as PoolSnapshot), halvedAt };
}

export function restoreSite(snapshot: SiteSnapshot): SiteState {
  return {
    ...snapshot,
    scopes: new Map(
      snapshot.scopes.map(([id, stored]) => {
        const { scope, baseline, expected, requirement } = stored as WatchedScope;
        return [
          id,
          watchedScope(
            {
              ...scope,
              sketches: scope.sketches.map(({ bucket, of }) => ({
                bucket,
                of: (of as unknown as Buffer[]).map((bytes) => HyperLogLog.fromBytes(bytes)),
              })),
            },
            restoreBaseline(baseline),
            expected,
            requirement,
          ),
        ];
      }),
    ),
    learned: new Map(snapshot.learned.map(([id, stored]) => [id, restoreBaseline(stored as Baseline)])),
    pools: new Map(snapshot.pools.map(([id, pool]) => [id, restorePool(pool)])),
    inventory: restoreInventory(snapshot.inventory),
  };
}
