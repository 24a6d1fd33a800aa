import type { LogHistogram } from '../../sketches/log-histogram.ts';
import { hourKey, leastOfHour, type Pool, rateKey } from './baseline.ts';

export interface Normal {
  readonly p50: number;
  readonly p99: number;
  /** Ten-second buckets behind it. */
  readonly n: number;
  readonly rung: 'endpoint' | 'function' | 'host' | 'floor';
}

const leastBuckets = 12;
/** Requests per second below which no endpoint's normal is taken to be. */
const floors: { readonly [type: string]: number } = { event_count: 0.5, value_count: 5, ratio: 0.01 };

/**
 * The ladder: own history (of this hour of the day, where there is enough), function class, host, floor. An endpoint known
 * to be undocumented expects the floor.
 */
export function normalOf(
  key: string,
  own: Pool,
  functionPool: Pool | null,
  hostPool: Pool | null,
  documented: boolean | null,
  at: number,
): Normal {
  const floor = floors[key.slice(0, key.indexOf(':'))] ?? 0;
  const ofHour = key === rateKey ? own.histograms.get(hourKey(at)) : undefined;
  const isOld = ofHour !== undefined && ofHour.total >= leastOfHour;
  const borrows = documented !== false;
  return (
    onRung('endpoint', isOld ? ofHour : own.histograms.get(key), leastBuckets, floor) ??
    (borrows ? onRung('function', functionPool?.histograms.get(key), 3 * leastBuckets, floor) : null) ??
    (borrows ? onRung('host', hostPool?.histograms.get(key), 3 * leastBuckets, floor) : null) ?? {
      p50: floor,
      p99: floor * 2,
      n: 0,
      rung: 'floor',
    }
  );
}

function onRung(
  rung: Normal['rung'],
  histogram: LogHistogram | undefined,
  least: number,
  floor: number,
): Normal | null {
  if (histogram === undefined || histogram.total < least) return null;
  const p50 = Math.max(floor, histogram.quantile(0.5)!);
  return { p50, p99: Math.max(p50, histogram.quantile(0.99)!), n: histogram.total, rung };
}
