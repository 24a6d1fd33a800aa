import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { writePieces } from '../write-pieces.ts';
import type { CheckpointStore } from './step.ts';

const storeIdFile = 'store_id';
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]*(\/[A-Za-z0-9][A-Za-z0-9._@-]*)*$/;

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A file of any size: `readFile` ends at two gigabytes. */
async function readWhole(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.allocUnsafeSlow(size);
    let next = 0;
    // several at a time: memory that was never written to is slow to fill
    const readOn = async (): Promise<void> => {
      while (next < size) {
        let at = next;
        const until = Math.min(size, at + readBytes);
        next = until;
        while (at < until) {
          const { bytesRead } = await handle.read(bytes, at, until - at, at);
          if (bytesRead === 0) throw new Error(`${path} became shorter while it was read`);
          at += bytesRead;
        }
      }
    };
    await Promise.all(Array.from({ length: readers }, readOn));
    return bytes;
  } finally {
    await handle.close();
  }
}
const readBytes = 16 * 1024 * 1024;
const readers = 4;

/** Written under another name, synced, then given its own: a reader sees the whole file or none. */
async function writeAtomically(
  path: string,
  pieces: Iterable<Uint8Array>,
  place: (temporary: string, path: string) => Promise<void> = rename,
): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomUUID()}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await writePieces(handle, pieces);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await place(temporary, path);
  await syncFolder(dirname(path));
}

/**
 * Checkpoints as files below one folder. All members of a group must see the same folder (one host, or a shared
 * volume): the file `store_id` in it is what tells one store from another.
 */
export async function openCheckpointDirectory(folder: string): Promise<CheckpointStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pathOf = (name: string): string => {
    if (!namePattern.test(name)) throw new Error(`not a checkpoint name: ${JSON.stringify(name)}`);
    return join(folder, name);
  };
  const readId = async (): Promise<string | null> => {
    try {
      return (await readFile(join(folder, storeIdFile), 'utf8')).trim() || null;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  };
  if ((await readId()) === null) {
    // Two processes may open a new folder at once: the first name stands.
    await writeAtomically(
      join(folder, storeIdFile),
      [Buffer.from(`${randomUUID()}\n`)],
      async (temporary, path) => {
        await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
        });
        await rm(temporary);
      },
    );
  }
  const storeId = (await readId())!;
  return {
    storeId,
    write: async (name, content) => {
      const path = pathOf(name);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeAtomically(path, content instanceof Uint8Array ? [content] : content);
    },
    read: async (name) => {
      try {
        return await readWhole(pathOf(name));
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    list: async (prefix) => {
      let entries: Dirent[];
      try {
        entries = await readdir(folder, { recursive: true, withFileTypes: true });
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
      return entries
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'))
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
        .filter((name) => name.startsWith(prefix) && name !== storeIdFile)
        .sort();
    },
    delete: async (name) => {
      await rm(pathOf(name), { force: true });
    },
  };
}
