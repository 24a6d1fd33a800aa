import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writePieces } from '../../../lib/write-pieces.ts';
import { EdgeError } from '../edge.ts';

/** By which it shows that somebody else has written the file since. */
export async function fileState(path: string): Promise<string> {
  return stateText(await stat(path));
}
const stateText = ({ ino, size, mtimeMs }: Awaited<ReturnType<typeof stat>>): string =>
  `${ino} ${size} ${mtimeMs}`;

/**
 * Writes a file that another program reads: on the disk before it gets its name, so that a crash leaves the old one or
 * the new one. Answers its state as it was written, whatever others do with it from then on. Throws EdgeError.
 */
export async function writeWhole(path: string, content: string | Iterable<Uint8Array>): Promise<string> {
  const temporary = `${path}.tidegate-new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(temporary, 'w', 0o644);
    let written: string;
    try {
      if (typeof content === 'string') await handle.writeFile(content);
      else await writePieces(handle, content);
      await handle.sync();
      written = stateText(await handle.stat());
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    return written;
  } catch (error) {
    throw new EdgeError('unavailable', `cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}
