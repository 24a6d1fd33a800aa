import { expect, test } from 'vitest';
import { FrameAssembly, type FrameHeader } from './frame-assembly.ts';

/** The frame that closes second `at` of a source. */
const frame = (source: number, at: number, closing = false): FrameHeader => ({
  source_partition: source,
  sources: 2,
  pane_start_at: at * 1000,
  pane_ms: 1000,
  part: 0,
  parts: 1,
  layout_hash: '',
  watermark_at: (at + 1) * 1000,
  closing,
  first_offset: at,
  last_offset: at,
});

function reader() {
  const frames = new FrameAssembly<string>();
  let reached = -Infinity;
  /** What can be gone through after this frame: as reduce and keyed do. */
  const read = (source: number, at: number, closing = false): string[] => {
    frames.add(frame(source, at, closing), () => [`${source}:${at}`]);
    const { until } = frames.clock();
    if (until <= reached) return [];
    const from = reached;
    reached = until;
    return [...frames.take(from, until)].flatMap(({ items }) => items);
  };
  return { read, frames, clock: () => frames.clock() };
}

test('the last panes are there when all sources have ended, wherever each of them did', () => {
  const { read, clock } = reader();
  expect(read(0, 1)).toEqual([]);
  expect(read(1, 1)).toEqual(['0:1', '1:1']);
  expect(read(0, 2, true)).toEqual([]);
  expect(read(1, 2)).toEqual(['0:2', '1:2']);
  expect(read(1, 7, true)).toEqual(['1:7']);
  expect(clock()).toEqual({ until: 8000, ended: true });
});

test('a source that lags behind an end after which the others went on is waited for', () => {
  const { read } = reader();
  read(0, 1, true);
  expect(read(1, 1, true)).toEqual(['0:1', '1:1']);
  // the collector is back; source 1 has not read that far
  expect(read(0, 5)).toEqual([]);
  expect(read(0, 6)).toEqual([]);
  expect(read(1, 5)).toEqual(['0:5', '1:5']);
  expect(read(1, 6)).toEqual(['0:6', '1:6']);
});

test('an end that is repeated after a crash, and was passed long ago, ends nothing', () => {
  const { read, clock } = reader();
  read(0, 1, true);
  read(1, 1, true);
  read(0, 5);
  read(1, 5);
  read(1, 1, true);
  read(1, 5);
  expect(read(0, 6)).toEqual([]);
  expect(clock()).toEqual({ until: 6000, ended: false });
  expect(read(1, 6)).toEqual(['0:6', '1:6']);
  // it stands where it ended: that was the last word
  read(0, 6, true);
  read(1, 6, true);
  expect(clock()).toEqual({ until: 7000, ended: true });
});

test('what comes for panes that were gone through is told apart: time does not go back', () => {
  const { read, frames } = reader();
  read(0, 9, true);
  expect(read(1, 1, true)).toEqual(['1:1', '0:9']);
  expect(read(1, 5)).toEqual([]);
  expect(read(1, 10)).toEqual([]);
  expect(read(0, 10)).toEqual(['0:10', '1:10']);
  expect(frames.snapshot().panes).toEqual([]);
});
