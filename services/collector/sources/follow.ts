import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../../lib/observability/logger.ts';
import { createFileReader } from '../collect-files.ts';
import type { FileSourceConfig } from '../config.ts';
import type { FormatName } from '../format-names.ts';
import { createFormat, detectFormat, sampleLines } from '../formats/catalogue.ts';
import type { InputFormat } from '../formats/format.ts';
import type { Intake } from '../pipeline.ts';
import { isDamage } from './gunzipped.ts';
import { openInput } from './input.ts';
import { createLineSplitter } from './lines.ts';
import type { PositionKeeper } from './positions.ts';
import {
  contentOf,
  type Fingerprint,
  findSaved,
  fingerprintOf,
  isWhole,
  nextRotated,
  type OpenFile,
  openLog,
  type ReadFile,
} from './rotated.ts';

/**
 * Follows a log file as it grows, through rotation by rename (the old file is read to its end first) and by
 * copytruncate, and over restarts: the position is saved after its lines are acknowledged, so that a crash repeats
 * lines, with the same ids, and loses none. What was rotated while the collector was down or behind is found in the
 * same folder, compressed or not, and read in order of its last change.
 */
export interface FollowOptions {
  readonly config: FileSourceConfig;
  readonly maxLineBytes: number;
  readonly intake: Intake;
  readonly positions: PositionKeeper;
  readonly logger: Logger;
  readonly overloaded: () => boolean;
  readonly now: () => number;
  /** How often the file is looked at when it does not grow. Default 250 ms. */
  readonly pollMs?: number;
  readonly signal: AbortSignal;
}

const saveEveryMs = 1000;
/** After a rename the writer may still hold the old file for a moment. */
const graceMs = 1000;
/** Files read to their end whose copies are known: as many as an application has not compressed yet. */
const mostDone = 16;

interface Reading extends OpenFile {
  readonly path: string;
  readonly inode: number;
  readonly reader: ReturnType<typeof createFileReader>;
  /** Next byte to read of its content. */
  position: number;
  mark: Fingerprint;
}

type OpenAt = (path: string, offset: number, lineNumber: number) => Promise<Reading>;

/** Runs until the signal; rejects when the file cannot be read or the log does not take its lines. */
export async function followFile(options: FollowOptions): Promise<void> {
  const { config, intake, positions, signal, pollMs = 250 } = options;
  const formatName = await waitForFormat(options);
  if (formatName === null) return;
  let savedAt = 0;
  let savedOffset = -1;

  const openAt: OpenAt = async (path, offset, lineNumber) => {
    const file = await openLog(path);
    const { ino } = await file.handle.stat();
    const format = createFormat(formatName, config);
    if (format.directive !== undefined) await readDirectives(file, offset, format, options.maxLineBytes);
    const reader = createFileReader(
      intake,
      format,
      config.path,
      config.id,
      { max_line_bytes: options.maxLineBytes },
      { add: () => {} },
      { offset, lineNumber },
    );
    return { ...file, path, inode: ino, reader, position: offset, mark: await fingerprintOf(file) };
  };

  const save = async (reading: Reading, force: boolean): Promise<void> => {
    const { splitter } = reading.reader;
    if (
      intake.holding > 0 ||
      splitter.offset === savedOffset ||
      (!force && options.now() - savedAt < saveEveryMs)
    )
      return;
    savedOffset = splitter.offset;
    savedAt = options.now();
    await positions.save({
      inode: reading.inode,
      offset: splitter.offset,
      lineNumber: splitter.lineNumber,
      ...reading.mark,
      changedAt: (await reading.handle.stat()).mtimeMs,
    });
  };

  /** Reads to the present end of the file. */
  const drain = async (reading: Reading): Promise<void> => {
    if (signal.aborted) return;
    for await (const bytes of contentOf(reading, reading.position)) {
      reading.position += bytes.length;
      reading.reader.splitter.feed(bytes);
      if (!isWhole(reading.mark)) reading.mark = await fingerprintOf(reading);
      await intake.flush();
      await save(reading, false);
      while (options.overloaded() && !signal.aborted) await pause(pollMs, signal);
      if (signal.aborted) return;
    }
  };

  /** Of a damaged archive what comes before the damage is read. */
  const drainOrTell = async (reading: Reading): Promise<void> => {
    try {
      await drain(reading);
    } catch (error) {
      if (!isDamage(error)) throw error;
      options.logger.warn(
        { 'event.action': 'log-damaged', error },
        `${reading.path} is damaged: lost from line ${reading.reader.splitter.lineNumber} on`,
      );
    }
  };

  const done: ReadFile[] = [];
  /** What follows a file that was read to its end. */
  const openNext = async (read: Reading): Promise<Reading> => {
    done.push({ ...read.mark, bytes: read.position });
    if (done.length > mostDone) done.shift();
    const { mtimeMs } = await read.handle.stat();
    await read.handle.close();
    return openSince(options, mtimeMs, done, openAt);
  };

  let reading = await resume(options, openAt);
  try {
    while (!signal.aborted) {
      if (await wasTruncated(reading)) {
        options.logger.info({ 'event.action': 'log-truncated' }, `${config.path} was truncated`);
        await reading.handle.close();
        reading = await openAt(config.path, 0, 1);
        savedOffset = -1;
      }
      await drainOrTell(reading);
      const current = await stat(config.path).catch(() => null);
      const isPast = current !== null && current.ino !== reading.inode;
      // while there is more to read of earlier days, time goes on with what is read
      if (!isPast && reading.path === config.path) intake.idle(true);
      await intake.flush();
      await save(reading, false);
      if (isPast) {
        await pause(graceMs, signal);
        if (!reading.gzip) await drain(reading);
        if (signal.aborted) break;
        reading.reader.splitter.end();
        await intake.flush();
        options.logger.info(
          { 'event.action': 'log-rotated' },
          `${reading.path} was rotated: read to its end`,
        );
        reading = await openNext(reading);
        savedOffset = -1;
        continue;
      }
      await pause(pollMs, signal);
    }
    intake.end();
    await intake.flush();
    await save(reading, true);
  } finally {
    await reading.handle.close();
  }
}

/** The file is shorter than what was read, or begins otherwise: its writer started it anew. */
async function wasTruncated(reading: Reading): Promise<boolean> {
  const { handle, gzip, position, mark } = reading;
  if (gzip) return false;
  if ((await handle.stat()).size < position) return true;
  return (await fingerprintOf(reading, mark.fingerprintBytes)).fingerprint !== mark.fingerprint;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

/** Waits for the file, and for a request in it that tells the format unless that is configured. */
async function waitForFormat(options: FollowOptions): Promise<FormatName | null> {
  const { config, signal } = options;
  while (!signal.aborted) {
    const exists = await stat(config.path).catch(() => null);
    if (exists?.isFile()) {
      if (config.format !== 'auto') return config.format;
      const { sample } = await openInput(config.path, sampleLines);
      const format = detectFormat(sample, config, config.path);
      if (sample.some((line) => format.directive?.(line) !== true)) return format.name;
    }
    await pause(options.pollMs ?? 250, signal);
  }
  return null;
}

/** What the file says of its lines before the place where reading goes on. */
async function readDirectives(
  file: OpenFile,
  end: number,
  format: InputFormat,
  maxBytes: number,
): Promise<void> {
  const splitter = createLineSplitter(
    { line: (text) => void format.directive?.(text), tooLong: () => {} },
    { maxBytes },
  );
  let rest = end;
  if (rest > 0)
    for await (const bytes of contentOf(file, 0)) {
      splitter.feed(bytes.subarray(0, rest));
      rest -= bytes.length;
      if (rest <= 0) break;
    }
}

/** Opens what was rotated next after `after`, else the present file. */
async function openSince(
  { config, logger }: FollowOptions,
  after: number,
  done: readonly ReadFile[],
  openAt: OpenAt,
): Promise<Reading> {
  for (;;) {
    const next = await nextRotated(config.path, after, done);
    let opened: Reading;
    try {
      opened = await openAt(next.path ?? config.path, 0, 1);
    } catch (error) {
      // moved on by another rotation since it was looked for
      if (next.path === null || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      continue;
    }
    for (const lost of next.unreadable)
      logger.warn(
        { 'event.action': 'log-unreadable' },
        `${lost} is compressed, but not with gzip: all that it says is lost`,
      );
    return opened;
  }
}

async function resume(options: FollowOptions, openAt: OpenAt): Promise<Reading> {
  const { config, positions, logger } = options;
  const saved = await positions.load();
  if (saved === null) {
    const offset = config.from === 'start' ? 0 : (await stat(config.path)).size;
    return openAt(config.path, offset, 1);
  }
  const last = await findSaved(config.path, saved);
  if (last !== null) return openAt(last, saved.offset, saved.lineNumber);
  const { changedAt = Infinity } = saved;
  const next = await openSince(options, changedAt, [], openAt);
  const since = Number.isFinite(changedAt) ? ` (last written to ${new Date(changedAt).toISOString()})` : '';
  logger.warn(
    { 'event.action': 'log-position-lost' },
    `${config.path}: the file read last${since} is gone; what it said from line ${saved.lineNumber} on is lost, and what was rotated and removed since; reading goes on at the start of ${next.path}`,
  );
  return next;
}
