import type { TopicName } from '../contracts/topics.ts';
import type { LogRecord } from './log.ts';

/** Records a segment takes; also the size of a full batch. */
export const segmentRecords = 2048;
/** A segment is also full at this size: what everybody has passed is given up by whole segments. */
const segmentBytes = 1024 * 1024;

interface Segment {
  readonly first: number;
  /** Offset after the last record. */
  end: number;
  readonly records: LogRecord[];
  bytes: number;
}

/** Someone who reads the partition: records below its position can be dropped. */
export interface Cursor {
  position: number;
  /** True while its reader can go on only once another topic has gone on. */
  waits?: () => boolean;
}

/** One partition held in memory: segments in offset order, the cursors of its readers, and who waits for more. */
export interface MemoryPartition {
  readonly topic: TopicName;
  readonly partition: number;
  readonly cursors: Set<Cursor>;
  /** Offset of the next record appended. */
  readonly end: number;
  /** Oldest offset still held. */
  readonly start: number;
  /** Estimated bytes held. */
  readonly bytes: number;
  /** Estimated bytes that some reader able to go on has yet to pass: what waiting can bring down. */
  readonly unread: number;
  append(record: LogRecord, bytes: number): void;
  /** Records from the offset on, at most a segment; empty when there are none yet. */
  read(offset: number): readonly LogRecord[];
  /** Resolves when something is appended, or at once when it has been already. */
  changed(after: number): Promise<void>;
  /** Wakes everybody who waits: data has come, or a reader must look at its stop flag. */
  wake(): void;
  /** Gives up whole segments that every reader has passed; answers the bytes freed. */
  trim(): number;
  /** Gives up the oldest segment whether read or not; answers the bytes freed. */
  dropOldest(): number;
}

export function createMemoryPartition(
  topic: TopicName,
  partition: number,
  compacted: boolean,
): MemoryPartition {
  const segments: Segment[] = [];
  const cursors = new Set<Cursor>();
  let waiting: (() => void)[] = [];
  let end = 0;
  let bytes = 0;
  let compactAt = 4 * segmentRecords;

  const isFull = (segment: Segment): boolean =>
    segment.records.length >= segmentRecords || segment.bytes >= segmentBytes;
  const passedByAll = (): number => {
    let least = cursors.size === 0 ? 0 : end;
    for (const cursor of cursors) if (cursor.position < least) least = cursor.position;
    return least;
  };
  /** Keeps the last record of each key among the segments that everybody has passed. */
  const compact = (passed: number): number => {
    const full = segments.filter((segment) => segment.end <= passed && segment !== segments.at(-1));
    const held = full.reduce((total, segment) => total + segment.records.length, 0);
    if (held < compactAt) return 0;
    const latest = new Map<string, LogRecord>();
    for (const segment of full) {
      for (const record of segment.records) {
        latest.delete(record.key!); // moves it to the end: offsets stay in order
        latest.set(record.key!, record);
      }
    }
    const before = full.reduce((total, segment) => total + segment.bytes, 0);
    const records = [...latest.values()];
    const after = Math.ceil((before * records.length) / held);
    segments.splice(0, full.length, {
      first: full[0]!.first,
      end: full.at(-1)!.end,
      records,
      bytes: after,
    });
    compactAt = Math.max(4 * segmentRecords, records.length * 2);
    bytes -= before - after;
    return before - after;
  };

  return {
    topic,
    partition,
    cursors,
    get end() {
      return end;
    },
    get start() {
      return segments[0]?.first ?? end;
    },
    get bytes() {
      return bytes;
    },
    get unread() {
      let passed = end;
      for (const cursor of cursors)
        if (cursor.position < passed && cursor.waits?.() !== true) passed = cursor.position;
      let total = 0;
      for (let index = segments.length - 1; index >= 0; index--) {
        const segment = segments[index]!;
        if (segment.end <= passed) break;
        const left = segment.end - Math.max(segment.first, passed);
        total += (segment.bytes * left) / (segment.end - segment.first);
      }
      return total;
    },
    append: (record, size) => {
      let last = segments.at(-1);
      if (last === undefined || isFull(last)) {
        last = { first: end, end, records: [], bytes: 0 };
        segments.push(last);
      }
      last.records.push(record);
      last.bytes += size;
      bytes += size;
      last.end = ++end;
    },
    read: (offset) => {
      if (offset >= end) return [];
      let low = 0;
      let high = segments.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (segments[middle]!.end <= offset) low = middle + 1;
        else high = middle;
      }
      const { records } = segments[low]!;
      let from = 0;
      let to = records.length;
      while (from < to) {
        const middle = (from + to) >> 1;
        if (records[middle]!.offset < offset) from = middle + 1;
        else to = middle;
      }
      return from < records.length ? records.slice(from, from + segmentRecords) : [];
    },
    changed: (after) => (end > after ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    wake: () => {
      if (waiting.length === 0) return;
      const woken = waiting;
      waiting = [];
      for (const resolve of woken) resolve();
    },
    trim: () => {
      const passed = passedByAll();
      if (compacted) return compact(passed);
      let count = 0;
      let freed = 0;
      while (count < segments.length && segments[count]!.end <= passed) freed += segments[count++]!.bytes;
      // The last segment goes too once it is full; until then it is still written to.
      if (count === segments.length && count > 0 && !isFull(segments.at(-1)!))
        freed -= segments[--count]!.bytes;
      if (count > 0) segments.splice(0, count);
      bytes -= freed;
      return freed;
    },
    dropOldest: () => {
      const oldest = segments.shift();
      bytes -= oldest?.bytes ?? 0;
      return oldest?.bytes ?? 0;
    },
  };
}
