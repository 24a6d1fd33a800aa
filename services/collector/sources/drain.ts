import type { IncomingMessage } from 'node:http';

/** What a sender may still send after its answer is known. */
const mostBytes = 64 * 1024 * 1024;
const mostMs = 5000;

/**
 * Reads on and throws away what a refused sender still sends, within limits. Whoever is cut off in the middle of sending
 * sees a broken connection, and never the answer that says why.
 */
export function drain(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const done = (): void => {
      clearTimeout(timer);
      request.off('data', count).off('end', done).off('close', done).off('error', done);
      resolve();
    };
    const count = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > mostBytes) done();
    };
    const timer = setTimeout(done, mostMs);
    request.on('data', count).once('end', done).once('close', done).once('error', done);
    request.resume();
  });
}
