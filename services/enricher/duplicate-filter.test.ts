import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sipKey } from '../../lib/hash/siphash.ts';
import type { LogBatch } from '../../lib/log/log.ts';
import { createDuplicateFilter } from './duplicate-filter.ts';

const key = sipKey(Buffer.alloc(16, 9));

test('answers what the rule says, for any ids and window, also after a hand-over that looks back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(12), { maxLength: 200 }),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(200),
      (ids, window, handOverAt) => {
        const expected = ids.map((id, offset) =>
          ids.slice(Math.max(0, offset - window), offset).includes(id),
        );
        const first = createDuplicateFilter(window, key);
        const second = createDuplicateFilter(window, key);
        const records = ids.map((id, offset) => ({
          type: 'RequestEvent',
          offset,
          value: { event_id: String(id) },
        }));
        second.remember({
          partition: 3,
          records: records.slice(Math.max(0, handOverAt - window), handOverAt),
        } as unknown as LogBatch<'requests.raw'>);
        const answers = ids.map((id, offset) =>
          (offset < handOverAt ? first : second).isDuplicate(3, offset, String(id)),
        );
        expect(answers).toEqual(expected);
      },
    ),
  );
});

test('a record that is delivered twice is not its own duplicate, and partitions do not mix', () => {
  const filter = createDuplicateFilter(10, key);
  expect(filter.isDuplicate(0, 5, 'evt_a')).toBe(false);
  expect(filter.isDuplicate(0, 5, 'evt_a')).toBe(false);
  expect(filter.isDuplicate(1, 6, 'evt_a')).toBe(false);
  expect(filter.isDuplicate(0, 6, 'evt_a')).toBe(true);
});

test('a window of nothing drops nothing', () => {
  const filter = createDuplicateFilter(0, key);
  filter.isDuplicate(0, 1, 'evt_a');
  expect(filter.isDuplicate(0, 2, 'evt_a')).toBe(false);
});

test('many ids, as many as two windows hold, are each known once', () => {
  const window = 5000;
  const filter = createDuplicateFilter(window, key);
  for (let offset = 0; offset < 20_000; offset++)
    expect(filter.isDuplicate(0, offset, `evt_${offset}`)).toBe(false);
  expect(filter.isDuplicate(0, 20_000, 'evt_15000')).toBe(true);
  expect(filter.isDuplicate(0, 20_001, 'evt_14999')).toBe(false);
});
