import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../../lib/observability/logger.ts';
import { createFileReader } from '../collect-files.ts';
import type { FileSourceConfig } from '../config.ts';
import type { FormatName } from '../format-names.ts';
import { createFormat, detectFormat, sampleLines } from '../formats/catalogue.ts';
import type { InputFormat } from '../formats/format.ts';
import type { Intake } from '../pipeline.ts';
import { openInput } from './input.ts';
import { createLineSplitter } from './lines.ts';
import type { FilePosition, PositionKeeper } from './positions.ts';

/**
 * Follows a log file as it grows, through rotation by rename (the old file is read to its end first) and by
 * copytruncate, and over restarts: the position is saved after its lines are acknowledged, so that a crash repeats
 * lines, with the same ids, and loses none. What was rotated away while the collector was down is found by its inode
 * in the same folder.
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

const chunkBytes = 256 * 1024;
const fingerprintLimit = 256;
const saveEveryMs = 1000;
/** After a rename the writer may still hold the old file for a moment. */
const graceMs = 1000;

interface Reading {
  readonly handle: FileHandle;
  readonly inode: number;
  readonly reader: ReturnType<typeof createFileReader>;
  /** Next byte to read from the file. */
  position: number;
  /** Of its first bytes, as far as there are any. */
  mark: Fingerprint;
}

interface Fingerprint {
  readonly fingerprint: string;
  readonly fingerprintBytes: number;
}

/** Runs until the signal; rejects when the file cannot be read or the log does not take its lines. */
export async function followFile(options: FollowOptions): Promise<void> {
  const { config, intake, positions, signal, pollMs = 250 } = options;
  const buffer = Buffer.allocUnsafe(chunkBytes);
  const formatName = await waitForFormat(options);
  if (formatName === null) return;
  let savedAt = 0;
  let savedOffset = -1;

  const openAt = async (path: string, offset: number, lineNumber: number): Promise<Reading> => {
    const handle = await open(path);
    const { ino } = await handle.stat();
    const format = createFormat(formatName, config);
    if (format.directive !== undefined) await readDirectives(handle, offset, format, options.maxLineBytes);
    const reader = createFileReader(
      intake,
      format,
      config.path,
      config.id,
      { max_line_bytes: options.maxLineBytes },
      { add: () => {} },
      { offset, lineNumber },
    );
    return { handle, inode: ino, reader, position: offset, mark: await fingerprint(handle) };
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
    });
  };

  /** Reads to the present end of the file. */
  const drain = async (reading: Reading): Promise<void> => {
    while (!signal.aborted) {
      const { bytesRead } = await reading.handle.read(buffer, 0, chunkBytes, reading.position);
      if (bytesRead === 0) break;
      reading.position += bytesRead;
      reading.reader.splitter.feed(buffer.subarray(0, bytesRead));
      if (reading.mark.fingerprintBytes < fingerprintLimit) reading.mark = await fingerprint(reading.handle);
      await intake.flush();
      await save(reading, false);
      while (options.overloaded() && !signal.aborted) await pause(pollMs, signal);
    }
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
      await drain(reading);
      intake.idle(true);
      await intake.flush();
      await save(reading, false);
      const current = await stat(config.path).catch(() => null);
      if (current !== null && current.ino !== reading.inode) {
        await pause(graceMs, signal);
        await drain(reading);
        if (signal.aborted) break;
        reading.reader.splitter.end();
        await intake.flush();
        await reading.handle.close();
        options.logger.info({ 'event.action': 'log-rotated' }, `${config.path} was rotated`);
        reading = await openAt(config.path, 0, 1);
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
async function wasTruncated({ handle, position, mark }: Reading): Promise<boolean> {
  if ((await handle.stat()).size < position) return true;
  return (await fingerprint(handle, mark.fingerprintBytes)).fingerprint !== mark.fingerprint;
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
  handle: FileHandle,
  end: number,
  format: InputFormat,
  maxBytes: number,
): Promise<void> {
  const splitter = createLineSplitter(
    { line: (text) => void format.directive?.(text), tooLong: () => {} },
    { maxBytes },
  );
  const buffer = Buffer.allocUnsafe(Math.min(end, chunkBytes));
  for (let at = 0; at < end; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) break;
    splitter.feed(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

async function resume(
  options: FollowOptions,
  openAt: (path: string, offset: number, lineNumber: number) => Promise<Reading>,
): Promise<Reading> {
  const { config, positions } = options;
  const saved = await positions.load();
  if (saved === null) {
    const offset = config.from === 'start' ? 0 : (await stat(config.path)).size;
    return openAt(config.path, offset, 1);
  }
  if (await matches(config.path, saved)) return openAt(config.path, saved.offset, saved.lineNumber);
  const rotated = await findByInode(dirname(config.path), saved);
  if (rotated !== null) return openAt(rotated, saved.offset, saved.lineNumber);
  options.logger.warn(
    { 'event.action': 'log-position-lost' },
    `${config.path}: the file read last is gone; reading from the start of the present one`,
  );
  return openAt(config.path, 0, 1);
}

async function findByInode(folder: string, saved: FilePosition): Promise<string | null> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(folder, entry.name);
    if (await matches(path, saved)) return path;
  }
  return null;
}

async function matches(path: string, saved: FilePosition): Promise<boolean> {
  const status = await stat(path).catch(() => null);
  if (status === null || status.ino !== saved.inode || status.size < saved.offset) return false;
  const handle = await open(path);
  try {
    const mark = await fingerprint(handle, saved.fingerprintBytes);
    return mark.fingerprint === saved.fingerprint;
  } finally {
    await handle.close();
  }
}

async function fingerprint(handle: FileHandle, limit = fingerprintLimit): Promise<Fingerprint> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(limit), 0, limit, 0);
  const hash = createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
  return { fingerprint: hash, fingerprintBytes: bytesRead };
}
