import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { gunzipped, startsAsGzip } from './gunzipped.ts';
import { createLineSplitter } from './lines.ts';
import { openLog } from './rotated.ts';

/** A file (plain or gzip, recognised by its content), a pipe or standard input, with its first lines looked at. */
export interface InputFile {
  /** As given; `-` is standard input. */
  readonly name: string;
  /** First lines, at most what was asked for. */
  readonly sample: readonly string[];
  /** Bytes on disk; null for a pipe. */
  readonly size: number | null;
  /** All of it, decompressed, from the start. Can be read once. */
  chunks(signal?: AbortSignal): AsyncIterable<Buffer>;
  /** Bytes of the file read so far (compressed ones for gzip). */
  bytesRead(): number;
}

const chunkBytes = 256 * 1024;
const maxSampleBytes = 4 * 1024 * 1024;

export async function openInput(path: string, sampleLines: number): Promise<InputFile> {
  if (path === '-') return openStream(path, process.stdin, sampleLines);
  const status = await stat(path);
  // A pipe can be read once only.
  if (!status.isFile()) return openStream(path, createReadStream(path), sampleLines);
  return openFile(path, status.size, sampleLines);
}

async function openFile(path: string, size: number, sampleLines: number): Promise<InputFile> {
  const gzip = await isGzip(path);
  let bytesRead = 0;
  const read = (signal?: AbortSignal): AsyncIterable<Buffer> => {
    const file = createReadStream(path, { highWaterMark: chunkBytes, signal });
    file.on('data', (chunk) => {
      bytesRead += chunk.length;
    });
    return gzip ? gunzipped(file, chunkBytes) : file;
  };
  const sample = await takeLines(read(), sampleLines);
  bytesRead = 0;
  return { name: path, sample: sample.lines, size, chunks: read, bytesRead: () => bytesRead };
}

async function openStream(
  name: string,
  stream: AsyncIterable<Buffer>,
  sampleLines: number,
): Promise<InputFile> {
  const iterator = stream[Symbol.asyncIterator]();
  const first = await iterator.next();
  let source = asIterable(first.done === true ? [] : [first.value], iterator);
  const head = first.done === true ? null : first.value;
  if (head !== null && startsAsGzip(head)) {
    source = gunzipped(source, chunkBytes);
  }
  const rest = source[Symbol.asyncIterator]();
  const sample = await takeLines(
    { [Symbol.asyncIterator]: () => ({ next: () => rest.next() }) },
    sampleLines,
  );
  let bytesRead = 0;
  return {
    name,
    sample: sample.lines,
    size: null,
    chunks: async function* () {
      for await (const chunk of asIterable(sample.chunks, rest)) {
        bytesRead += chunk.length;
        yield chunk;
      }
    },
    bytesRead: () => bytesRead,
  };
}

async function isGzip(path: string): Promise<boolean> {
  const { handle, gzip } = await openLog(path);
  await handle.close();
  return gzip;
}

async function* asIterable(first: readonly Buffer[], rest: AsyncIterator<Buffer>): AsyncIterable<Buffer> {
  yield* first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** The first lines, and the chunks that were read to get them. */
async function takeLines(
  source: AsyncIterable<Buffer>,
  wanted: number,
): Promise<{ readonly lines: string[]; readonly chunks: Buffer[] }> {
  const lines: string[] = [];
  const chunks: Buffer[] = [];
  let bytes = 0;
  const splitter = createLineSplitter(
    {
      line: (text) => {
        if (lines.length < wanted) lines.push(text);
      },
      tooLong: () => {},
    },
    { maxBytes: chunkBytes },
  );
  try {
    for await (const chunk of source) {
      chunks.push(chunk);
      bytes += chunk.length;
      splitter.feed(chunk);
      if (lines.length >= wanted || bytes >= maxSampleBytes) return { lines, chunks };
    }
    splitter.end();
  } catch (error) {
    if (lines.length === 0 && chunks.length === 0) throw error; // else reported when it is read in earnest
  }
  return { lines, chunks };
}
