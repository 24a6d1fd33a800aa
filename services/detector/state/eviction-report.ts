import type { Metrics } from '../../../lib/observability/metrics.ts';

/** Adds what a table has forgotten in all to its metric: the difference to the last report. */
export type EvictionReport = (table: string, total: number) => void;

export function createEvictionReport(metrics: Metrics): EvictionReport {
  const reported = new Map<string, number>();
  return (table, total) => {
    const news = total - (reported.get(table) ?? 0);
    // members go with their campaign: the sum may fall
    if (news !== 0) reported.set(table, total);
    if (news > 0) metrics.stateEvictions.inc({ table }, news);
  };
}
