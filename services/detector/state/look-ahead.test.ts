import { expect, test } from 'vitest';
import type { LogBatch } from '../../../lib/log/log.ts';
import { enriched } from '../traffic.test-fixture.ts';
import { aheadRecords, LookAhead } from './look-ahead.ts';
import { createRequestFacts, readFacts } from './request-facts.ts';

test('each request is read and looked at once, ahead of the records that are handled; ticks are passed over', () => {
  const events = Array.from({ length: 2 * aheadRecords + 3 }, (_, index) =>
    enriched({ at: 0, ip: `192.0.2.${index}`, endpoint: 'GET /p' }, index),
  );
  const records = events.map((value, index) =>
    index === 5 ? { type: 'Tick', value: {} } : { type: 'EnrichedRequest', value },
  );
  const batch = { records } as unknown as LogBatch<'requests.enriched'>;
  const touched: number[] = [];
  const entries: number[] = [];
  const ahead = new LookAhead({
    read: readFacts,
    touch: ({ clientLo }) => touched.push(clientLo),
    touchEntries: ({ clientLo }) => entries.push(clientLo),
  });
  ahead.at(batch, 0);
  expect(touched).toHaveLength(aheadRecords - 1);
  const handled = records.map((_, index) => ahead.at(batch, index).clientLo);
  const facts = createRequestFacts();
  const all = events.map((event) => {
    readFacts(facts, event);
    return facts.clientLo;
  });
  const requests = (values: readonly number[]): number[] => values.filter((_, index) => index !== 5);
  expect(requests(handled)).toEqual(requests(all));
  // the first ones twice: they were asked for twice
  expect(touched.slice(aheadRecords - 1)).toEqual(requests(all));
  expect(entries).toEqual(touched);
});
