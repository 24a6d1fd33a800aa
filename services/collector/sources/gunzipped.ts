import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** Compressed bytes given at a time: what comes of them, a thousand times as much at worst, is held at once. */
const pieceBytes = 16 * 1024;

/** Whether the first bytes of a file say that it is gzip. */
export const startsAsGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** A gzip stream that is cut off or corrupt: what came before is good. */
export function isDamage(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' && code.startsWith('Z_');
}

/**
 * The content of gzip bytes. Where they are damaged or cut off, all that came before is given out first, and then the error
 * (`isDamage`) is thrown: a stream that fails forgets what it has not handed out yet, and how much that is
 * depends on how busy its reader was.
 */
export async function* gunzipped(source: AsyncIterable<Buffer>, chunkSize: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize });
  const ready: Buffer[] = [];
  gunzip.on('data', (chunk: Buffer) => ready.push(chunk));
  const ended = finished(gunzip);
  // a write that fails is not always answered
  let answered = () => {};
  gunzip.on('error', () => answered());
  // how it ended is told behind what came before
  const over = ended.catch(() => {});
  try {
    for await (const chunk of source)
      for (let from = 0; from < chunk.length && !gunzip.destroyed; from += pieceBytes) {
        const piece = chunk.subarray(from, from + pieceBytes);
        await new Promise<void>((resolve) => {
          answered = resolve;
          gunzip.write(piece, () => resolve());
        });
        yield* ready.splice(0);
      }
    gunzip.end();
    await over;
    yield* ready.splice(0);
    await ended;
  } finally {
    gunzip.destroy();
  }
}
