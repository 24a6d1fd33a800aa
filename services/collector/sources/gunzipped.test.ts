import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { gunzipped } from './gunzipped.ts';

/** Compresses to about two thirds. */
const content = Buffer.from(randomBytes(300_000).toString('hex'));

async function* inPieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += length) yield bytes.subarray(from, from + length);
}

/** What was given out, and the code of the error behind it; a reader that takes its time now and then. */
async function read(bytes: Buffer, length: number, pauseMs = 0): Promise<[Buffer, string | null]> {
  const parts: Buffer[] = [];
  try {
    for await (const chunk of gunzipped(inPieces(bytes, length), 16 * 1024)) {
      parts.push(chunk);
      if (pauseMs > 0 && parts.length % 5 === 0) await sleep(pauseMs);
    }
    return [Buffer.concat(parts), null];
  } catch (error) {
    return [Buffer.concat(parts), (error as NodeJS.ErrnoException).code ?? null];
  }
}

test('all of it, in one part or two, in pieces of any length', async () => {
  const two = Buffer.concat([gzipSync(content.subarray(0, 100_000)), gzipSync(content.subarray(100_000))]);
  for (const bytes of [gzipSync(content), two])
    for (const length of [1000, 20_000, bytes.length]) {
      const [given, code] = await read(bytes, length);
      expect(code).toBeNull();
      expect(given.equals(content)).toBe(true);
    }
});

test('of a cut archive the same is given whoever reads it, all of it right, and then the error', async () => {
  const whole = gzipSync(content);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1000, max: whole.length - 1 }), async (end) => {
      const cut = whole.subarray(0, end);
      const [given, code] = await read(cut, 64 * 1024);
      expect(code).toBe('Z_BUF_ERROR');
      expect(given.equals(content.subarray(0, given.length))).toBe(true);
      // what was lost is what the last few bytes would have become
      expect(given.length).toBeGreaterThan((content.length * end) / whole.length - 20_000);
      const [slowly] = await read(cut, 3000, 1);
      expect(slowly.length).toBe(given.length);
    }),
    { numRuns: 15 },
  );
});

test('of a damaged one too', async () => {
  const bytes = gzipSync(content);
  bytes.fill(0xff, 200_000, 200_400);
  const [given, code] = await read(bytes, 64 * 1024);
  expect(code).toMatch(/^Z_/);
  const [slowly] = await read(bytes, 64 * 1024, 1);
  expect(slowly.equals(given)).toBe(true);
  expect(given.length).toBeGreaterThan(200_000);
});

test('who stops reading stops the source', async () => {
  let closed = false;
  async function* source(): AsyncGenerator<Buffer> {
    try {
      yield* inPieces(gzipSync(content), 10_000);
    } finally {
      closed = true;
    }
  }
  for await (const _ of gunzipped(source(), 16 * 1024)) break;
  expect(closed).toBe(true);
});
