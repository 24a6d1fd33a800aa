import type { FileHandle } from 'node:fs/promises';

/** Handed to the operating system at once. */
const batchBytes = 1024 * 1024;

/** Writes pieces one after the other from where the file stands, without making one of them. */
export async function writePieces(handle: FileHandle, pieces: Iterable<Uint8Array>): Promise<void> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    if (piece.byteLength === 0) continue;
    batch.push(piece);
    bytes += piece.byteLength;
    if (bytes < batchBytes) continue;
    await writeBatch(handle, batch, bytes);
    batch = [];
    bytes = 0;
  }
  if (bytes > 0) await writeBatch(handle, batch, bytes);
}

async function writeBatch(handle: FileHandle, batch: Uint8Array[], bytes: number): Promise<void> {
  const { bytesWritten } = await handle.writev(batch);
  if (bytesWritten < bytes) await handle.writeFile(Buffer.concat(batch).subarray(bytesWritten));
}
