import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EdgeError } from '../edge.ts';

/**
 * Writes a file that another program reads: on the disk before it gets its name, so that a crash leaves the old one or
 * the new one. Throws EdgeError.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.tidegate-new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(temporary, 'w', 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    throw new EdgeError('unavailable', `cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}
