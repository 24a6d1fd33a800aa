import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { cannotBeWritten } from './output-files.ts';

/** Lines to a file or stdout, in large writes, never faster than the other side takes them. */
export interface LineWriter {
  /** Queues a line (without its newline). A returned promise asks the caller to wait before writing more. */
  write(line: string): Promise<void> | undefined;
  /** Resolves when everything has reached the file; rejects with the first write error. */
  close(): Promise<void>;
}

const blockLength = 1 << 16;

/** What is written of requests holds addresses of people: for the owner alone. */
const ownerOnly = 0o600;

/**
 * `-` is stdout; names ending in .gz are compressed. `mode` is that of a file that is made, `umask` taken off. Errors of
 * the file surface in `write` or `close`, as an ExitError that names it.
 */
export function openLineWriter(path: string, mode: number = ownerOnly): LineWriter {
  const standardOutput = path === '-';
  const file: Writable = standardOutput ? process.stdout : createWriteStream(path, { mode });
  const stream: Writable = path.endsWith('.gz') ? createGzip({ level: 4 }) : file;
  let failure: Error | null = null;
  const fail = (error: Error) => {
    failure ??= told(error);
  };
  // a reader that has gone away is no fault of the file
  const told = (error: Error): Error =>
    standardOutput || isBrokenPipe(error) ? error : cannotBeWritten(path, error);
  stream.on('error', fail);
  if (stream !== file) {
    file.on('error', fail);
    stream.pipe(file);
  }
  let block = '';
  /** While the stream takes no more: settled by its next drain. */
  let draining: Promise<void> | undefined;
  const flush = (): Promise<void> | undefined => {
    if (failure !== null) return Promise.reject(failure);
    const text = block;
    block = '';
    if (stream.write(text)) return undefined;
    draining ??= drained().finally(() => {
      draining = undefined;
    });
    return draining;
  };
  const drained = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (error?: Error) => {
        stream.off('drain', settle);
        stream.off('error', settle);
        if (error) reject(told(error));
        else resolve();
      };
      stream.on('drain', settle);
      stream.on('error', settle);
    });
  return {
    write(line) {
      block += line;
      block += '\n';
      return block.length >= blockLength ? flush() : undefined;
    },
    async close() {
      if (block !== '') await flush();
      if (standardOutput) {
        if (failure !== null) throw failure;
        return;
      }
      const end = finished(file);
      stream.end();
      await end.catch((error: Error) => {
        throw told(error);
      });
      if (failure !== null) throw failure;
    },
  };
}

/** True for the error of a reader that has gone away (`| head`): not worth a message. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'EPIPE';
}
