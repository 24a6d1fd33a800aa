import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import type { EnrichedRequest } from '../../lib/contracts/generated.ts';
import type { LogRecord } from '../../lib/log/log.ts';
import type { Logger } from '../../lib/observability/logger.ts';
import type { Metrics } from '../../lib/observability/metrics.ts';
import type { Inserter, PlacedRow } from './inserter.ts';
import type { Ownership } from './ownership.ts';
import type { Store } from './partition-archive.ts';
import { dayOf, readPosition, sameLog } from './position.ts';
import { requestRow } from './request-row.ts';

/**
 * Stores requests of one partition: every request of the log once, whatever is repeated, killed or handed over.
 * State: the position, read from the table before the first insert and advanced with each one.
 */
export function createRequestStore(options: {
  readonly clickhouse: ClickHouse;
  readonly inserter: Inserter;
  readonly partition: number;
  readonly batchRows: number;
  /** Time for an insert of a former owner to end before the position is read. */
  readonly handOverWaitMs: number;
  readonly ownership: Ownership;
  readonly logger: Logger;
  readonly metrics: Metrics;
  refused(row: PlacedRow, reason: string): Promise<void>;
}): Store<'requests.enriched'> {
  const { clickhouse, inserter, partition, ownership, logger, metrics } = options;
  const openedAt = performance.now();
  let generation = 0;
  let days: Map<number, number> | null = null;

  const load = async (): Promise<Map<number, number>> => {
    const waitMs = options.handOverWaitMs - (performance.now() - openedAt);
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: ownership.signal });
    await ownership.confirm();
    const position = await inserter.patiently('reading the archive position', ownership, () =>
      readPosition(clickhouse, partition),
    );
    generation = position.generation;
    return new Map(position.days);
  };

  const beginsAnew = async (
    events: readonly EnrichedRequest[],
    position: ReadonlyMap<number, number>,
  ): Promise<boolean> => {
    const seen = new Map<number, { eventId: string; day: number }>();
    for (const event of events) {
      const day = dayOf(event.request.timestamp);
      if (event.source_offset <= (position.get(day) ?? -1))
        seen.set(event.source_offset, { eventId: event.request.event_id, day });
    }
    if (seen.size === 0) return false;
    return !(await inserter.patiently('comparing with archived rows', ownership, () =>
      sameLog(clickhouse, { partition, generation }, seen),
    ));
  };

  return {
    store: async (records: readonly LogRecord<'requests.enriched'>[]) => {
      const events: EnrichedRequest[] = [];
      for (const record of records) if (record.type === 'EnrichedRequest') events.push(record.value);
      if (events.length === 0) return;
      days ??= await load();
      if (await beginsAnew(events, days)) {
        generation++;
        days = new Map();
        logger.warn(
          { 'event.action': 'log-generation', labels: { partition, generation } },
          `partition ${partition} of the log was replaced: archiving it as generation ${generation}`,
        );
      }
      const byDay = new Map<number, PlacedRow[]>();
      for (const event of events) {
        const day = dayOf(event.request.timestamp);
        if (event.source_offset <= (days.get(day) ?? -1)) {
          metrics.duplicates.inc({ step: 'archiver' });
          continue;
        }
        days.set(day, event.source_offset);
        const rows = byDay.get(day) ?? [];
        if (rows.length === 0) byDay.set(day, rows);
        rows.push({
          row: requestRow(event, partition, generation),
          offset: event.source_offset,
          site: event.request.site,
        });
      }
      for (const [day, rows] of byDay) {
        for (let from = 0; from < rows.length; from += options.batchRows) {
          await inserter.insert({
            table: 'requests',
            sameShape: true,
            token: `requests-${generation}-${partition}-${day}`,
            rows: rows.slice(from, from + options.batchRows),
            ownership,
            refused: options.refused,
          });
        }
      }
    },
  };
}
