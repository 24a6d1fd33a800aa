import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { gunzipped, startsAsGzip } from './gunzipped.ts';
import type { FilePosition } from './positions.ts';

const chunkBytes = 256 * 1024;
const fingerprintLimit = 256;
const newline = 10;

/** A file that is open, plain or gzip. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly gzip: boolean;
}

/** Hash of the first bytes of a content, as far as there are any: the same for a file and what became of it, compressed. */
export interface Fingerprint {
  readonly fingerprint: string;
  readonly fingerprintBytes: number;
}

/** A file that was read to its end. */
export interface ReadFile extends Fingerprint {
  readonly bytes: number;
}

export async function openLog(path: string): Promise<OpenFile> {
  const handle = await open(path);
  const magic = Buffer.alloc(2);
  await handle.read(magic, 0, 2, 0);
  return { handle, gzip: startsAsGzip(magic) };
}

/**
 * Its content from byte `from` on, decompressed, to its present end, `most` bytes at a time. A chunk is good until the next
 * one is asked for.
 */
export async function* contentOf(
  { handle, gzip }: OpenFile,
  from: number,
  most = chunkBytes,
): AsyncGenerator<Buffer> {
  if (!gzip) {
    yield* bytesFrom(handle, from, most);
    return;
  }
  let skip = from;
  for await (const chunk of gunzipped(bytesFrom(handle, 0, chunkBytes), chunkBytes)) {
    if (skip < chunk.length) yield chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}

/** Not a stream of the handle: that would close it when it is left early. */
async function* bytesFrom(handle: FileHandle, from: number, most: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(most);
  for (let at = from; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, most, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

export async function fingerprintOf(file: OpenFile, limit = fingerprintLimit): Promise<Fingerprint> {
  const parts: Buffer[] = [];
  let bytes = 0;
  if (limit > 0)
    for await (const chunk of contentOf(file, 0, limit)) {
      parts.push(Buffer.from(chunk.subarray(0, limit - bytes)));
      bytes += parts.at(-1)!.length;
      if (bytes === limit) break;
    }
  const fingerprint = createHash('sha256').update(Buffer.concat(parts)).digest('hex');
  return { fingerprint, fingerprintBytes: bytes };
}

/** What is not known of it grows no more: it has been read to the limit. */
export const isWhole = ({ fingerprintBytes }: Fingerprint): boolean => fingerprintBytes === fingerprintLimit;

/** Where the file that was read last is now; null: gone. It may have been renamed, compressed or copied. */
export async function findSaved(path: string, saved: FilePosition): Promise<string | null> {
  const folder = dirname(path);
  const names = (await readdir(folder, { withFileTypes: true })).flatMap((entry) =>
    entry.isFile() ? [entry.name] : [],
  );
  for (const one of [path, ...names.map((name) => join(folder, name))]) {
    const status = await stat(one).catch(() => null);
    if (status?.ino === saved.inode && (await ifThere(one, (file) => beginsAs(file, saved)))) return one;
  }
  if (saved.fingerprintBytes === 0) return null;
  // logs that begin with their columns begin all alike: only one that nothing else could be is taken for it
  const alike: string[] = [];
  for (const name of names) {
    if (!isRotated(basename(path), name)) continue;
    const one = join(folder, name);
    if (await ifThere(one, (file) => continues(file, saved))) alike.push(one);
  }
  return alike.length === 1 ? alike[0]! : null;
}

export interface Next {
  /** null: nothing was rotated since. */
  readonly path: string | null;
  /** Rotated before it, compressed as nothing here reads. */
  readonly unreadable: readonly string[];
}

/**
 * The rotated file of a log that was written to next after `after` (its last change, epoch ms), and that is none of `done`.
 * Compressing keeps the time of the last change as a rule; where it does not, `done` tells.
 */
export async function nextRotated(path: string, after: number, done: readonly ReadFile[]): Promise<Next> {
  const folder = dirname(path);
  const found: { readonly path: string; readonly changedAt: number; readonly readable: boolean }[] = [];
  for (const name of await readdir(folder)) {
    const readable = isRotated(basename(path), name);
    if (!readable && !isRotated(basename(path), name.replace(otherCompression, ''))) continue;
    const status = await stat(join(folder, name)).catch(() => null);
    if (status?.isFile() && status.size > 0 && status.mtimeMs > after)
      found.push({ path: join(folder, name), changedAt: status.mtimeMs, readable });
  }
  found.sort((a, b) => a.changedAt - b.changedAt || (a.path < b.path ? -1 : 1));
  const unreadable: string[] = [];
  for (const one of found) {
    if (!one.readable) {
      unreadable.push(one.path);
      continue;
    }
    const isNew = await ifThere(one.path, async (file) => {
      for (const other of done) if (await isCopy(file, other)) return false;
      return true;
    });
    if (isNew) return { path: one.path, unreadable };
  }
  return { path: null, unreadable };
}

const otherCompression = /\.(?:bz2|br|lz4|xz|Z|zip|zst)$/;

/** Separators and digits: a number that counts on, a date. */
const numbered = /^(?:[._-]\d+)+(?:[T_-]?\d+)*(?:\.gz)?$/;
const dated = /^(?:[._-]\d{4}-?\d\d-?\d\d[\dT._-]*)$/;

/**
 * Whether a name is what `log` becomes when it is rotated: `access.log.1`, `access.log-20261116.gz`, `access-2026-11-16.log`. Not
 * `access-2.log`, which may be the log of another node.
 */
export function isRotated(log: string, name: string): boolean {
  if (name.startsWith(log) && name !== log) return numbered.test(name.slice(log.length));
  const end = extname(log);
  const start = log.slice(0, log.length - end.length);
  const plain = name.replace(/\.gz$/, '');
  if (end === '' || !plain.startsWith(start) || !plain.endsWith(end)) return false;
  return dated.test(plain.slice(start.length, plain.length - end.length));
}

async function ifThere(path: string, holds: (file: OpenFile) => Promise<boolean>): Promise<boolean> {
  const file = await openLog(path).catch(() => null);
  if (file === null) return false;
  try {
    return await holds(file);
  } catch {
    return false; // damaged: it cannot be told what it is
  } finally {
    await file.handle.close();
  }
}

async function beginsAs(file: OpenFile, saved: FilePosition): Promise<boolean> {
  if (!file.gzip && (await file.handle.stat()).size < saved.offset) return false;
  return (await fingerprintOf(file, saved.fingerprintBytes)).fingerprint === saved.fingerprint;
}

/** It begins as what was read, and a line ends where that was read to. */
async function continues(file: OpenFile, saved: FilePosition): Promise<boolean> {
  if (!(await beginsAs(file, saved))) return false;
  if (saved.offset === 0) return true;
  for await (const chunk of contentOf(file, saved.offset - 1, 1)) return chunk[0] === newline;
  return false;
}

async function isCopy(file: OpenFile, other: ReadFile): Promise<boolean> {
  if ((await bytesOf(file)) !== other.bytes % 2 ** 32) return false;
  return (await fingerprintOf(file, other.fingerprintBytes)).fingerprint === other.fingerprint;
}

/** Length of its content, modulo 2^32: what stands at the end of gzip. */
async function bytesOf({ handle, gzip }: OpenFile): Promise<number> {
  const { size } = await handle.stat();
  if (!gzip) return size % 2 ** 32;
  const end = Buffer.alloc(4);
  await handle.read(end, 0, 4, Math.max(0, size - 4));
  return end.readUInt32LE();
}
