import { expect, test } from 'vitest';
import type { LogBatch } from '../../../lib/log/log.ts';
import { enriched } from '../traffic.test-fixture.ts';
import { aheadRecords, LookAhead } from './look-ahead.ts';
import { createRequestFacts, readFacts } from './request-facts.ts';

test('each request is looked at once, ahead of the records that are handled; ticks are passed over', () => {
  const events = Array.from({ length: 2 * aheadRecords + 3 }, (_, index) =>
    enriched({ at: 0, ip: `192.0.2.${index}`, endpoint: 'GET /p' }, index),
  );
  const records = events.map((value, index) =>
    index === 5 ? { type: 'Tick', value: {} } : { type: 'EnrichedRequest', value },
  );
  const batch = { records } as unknown as LogBatch<'requests.enriched'>;
  const seen: number[] = [];
  const ahead = new LookAhead(({ clientLo }) => seen.push(clientLo));
  ahead.at(batch, 0);
  expect(seen).toHaveLength(aheadRecords - 1);
  for (let index = 1; index < records.length; index++) ahead.at(batch, index);
  const facts = createRequestFacts();
  const all = events.map((event) => {
    readFacts(facts, event);
    return facts.clientLo;
  });
  expect(seen).toEqual(all.filter((_, index) => index !== 5));
});
