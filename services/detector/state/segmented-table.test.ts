import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SegmentedTable, type TableOptions } from './segmented-table.ts';

const options: TableOptions = {
  words: 2,
  slots: 1 << 14,
  segmentSets: 16,
  importance: (record, at) => record[at]!,
  voidAfterSeconds: Infinity,
};

/** Keys are keyed hashes: here a mix of a number. */
function halves(key: number): readonly [number, number] {
  let lo = Math.imul(key ^ 0x9e3779b9, 0x85ebca6b);
  lo = Math.imul(lo ^ (lo >>> 13), 0xc2b2ae35);
  let hi = Math.imul(lo ^ (key << 16) ^ (lo >>> 16), 0x27d4eb2f);
  hi ^= hi >>> 15;
  return [lo ^ (lo >>> 16), Math.imul(hi, 0x165667b1)];
}

function touch(table: SegmentedTable, key: number, second: number): void {
  table.slot(...halves(key), second);
}

test('below its limit it answers as a Map would, also after a snapshot in the middle', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 3000 }), { maxLength: 4000 }),
      fc.nat({ max: 4000 }),
      (keys, snapshotAt) => {
        let table = new SegmentedTable(options);
        const model = new Map<number, number>();
        keys.forEach((key, index) => {
          if (index === snapshotAt) table = new SegmentedTable(options, table.snapshot());
          touch(table, key, index + 1);
          expect(table.fresh).toBe(!model.has(key));
          expect(table.record[table.at]).toBe(model.get(key) ?? 0);
          table.record[table.at]!++;
          model.set(key, (model.get(key) ?? 0) + 1);
        });
        expect(table.entries).toBe(model.size);
        expect(table.evictions).toBe(0);
      },
    ),
    { numRuns: 30 },
  );
});

test('a snapshot stays as it was while the table goes on', () => {
  const table = new SegmentedTable(options);
  for (let key = 0; key < 2000; key++) {
    touch(table, key, 5);
    table.record[table.at] = key;
  }
  const snapshot = table.snapshot();
  for (let key = 0; key < 6000; key++) {
    touch(table, key, 9);
    table.record[table.at] = -1;
  }
  const restored = new SegmentedTable(options, snapshot);
  expect(restored.entries).toBe(2000);
  for (let key = 0; key < 2000; key++) {
    touch(restored, key, 6);
    expect([restored.fresh, restored.previousUse, restored.record[restored.at]]).toEqual([false, 5, key]);
  }
  touch(restored, 7000, 6);
  expect(restored.fresh).toBe(true);
  touch(new SegmentedTable(options, snapshot), 7000, 6);
});

test('at its limit memory stands still, what was forgotten is counted, and the important stay', () => {
  const table = new SegmentedTable({ ...options, slots: 4096 });
  for (let key = 0; key < 1000; key++) {
    touch(table, key, 1);
    table.record[table.at] = 5;
  }
  for (let key = 1000; key < 60_000; key++) touch(table, key, key);
  expect(table.limit).toBe(4096);
  expect(table.entries).toBeLessThanOrEqual(4096);
  expect(table.entries + table.evictions).toBe(60_000);
  expect(table.bytes).toBe(4096 * (options.words + 3) * 4);
  let kept = 0;
  for (let key = 0; key < 1000; key++) {
    touch(table, key, 70_000);
    if (!table.fresh) kept++;
  }
  expect(kept).toBe(1000);
});

test('of equally important entries the one not used for longest goes first', () => {
  const table = new SegmentedTable({ ...options, slots: 128 });
  for (let key = 0; key < 5000; key++) {
    touch(table, key, 10 + key);
    touch(table, 0, 10 + key);
    expect(table.fresh).toBe(false);
  }
});

test('void entries make room before the table grows', () => {
  const table = new SegmentedTable({ ...options, voidAfterSeconds: 10 });
  for (let key = 0; key < 100_000; key++) touch(table, key, 1 + Math.floor(key / 5));
  expect(table.evictions).toBe(0);
  expect(table.entries).toBeLessThan(512);
});
