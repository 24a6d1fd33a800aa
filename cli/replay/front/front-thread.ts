import type { Worker } from 'node:worker_threads';
import { createRowUnpacker } from '../../../lib/contracts/record-rows.ts';
import type { Outgoing } from '../../../lib/log/log.ts';
import { relieved } from '../../../lib/log/relief.ts';
import type { ServiceContext } from '../../../lib/service-context.ts';
import { type CollectResult, readAheadLimit } from '../../../services/collector/collect-files.ts';
import { carriedError, carryError } from './carried-error.ts';
import type { Front, FrontInput, FrontOptions } from './front.ts';
import {
  type CarriedError,
  type FromFront,
  type FrontSettings,
  frontRecords,
  type ToFront,
} from './messages.ts';
import { createStopping } from './stopping.ts';

/** How far open files are read ahead of the thread: a pipe gives little at a time, and this thread is often busy. */
const aheadBytes = 1024 * 1024;

/** Files whose turn has come, each with its bytes on their way. */
type Open = Map<number, { bytes: number; less(): void }>;

/**
 * In a thread of its own (start-thread.ts). Files are read here, a chunk at a time, and requests come back as rows; there
 * are never more than a few of either on the way.
 */
export function createFrontThread({ config, secret, logger }: FrontOptions, worker: Worker): Front {
  // configuration alone: what stands beside it in the root need not cross
  const { collector, enricher, sites } = config;
  const settings: FrontSettings = { config: { collector, enricher, sites }, secret, logLevel: logger.level };
  worker.postMessage({ kind: 'settings', settings } satisfies ToFront);
  const ended = new Promise<never>((_, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread that reads the input has ended')));
  });
  ended.catch(() => {}); // told when there is something to run
  const stopping = createStopping();
  return {
    run: (context, input) => {
      const signal = stopping.with(input.signal);
      return Promise.race([
        converse(worker, context, { ...input, signal }, readAheadLimit(collector)),
        ended,
        aborted(signal),
      ]);
    },
    stop: async () => {
      stopping.now();
      await worker.terminate();
    },
  };
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

async function converse(
  worker: Worker,
  context: ServiceContext,
  input: FrontInput,
  limitBytes: number,
): Promise<CollectResult> {
  const { log, metrics } = context;
  const producer = await log.producer('tidegate-enricher');
  const unpacker = createRowUnpacker(frontRecords);
  const send = (message: ToFront, transfer: ArrayBuffer[] = []): void =>
    worker.postMessage(message, transfer);
  const open: Open = new Map();

  const append = async (rows: Extract<FromFront, { kind: 'rows' }>['rows']): Promise<void> => {
    const records = unpacker
      .unpack(rows)
      .map(
        ({ type, value }) =>
          ({ topic: 'requests.enriched', key: null, partition: 0, type, value }) as Outgoing,
      );
    await producer.send(records);
    await relieved(log, limitBytes, input.signal);
    send({ kind: 'taken' });
  };

  return new Promise((resolve, reject) => {
    // one after the other, in their order, however long each takes
    let appended: Promise<void> = Promise.resolve();
    const handle = (message: FromFront): void => {
      switch (message.kind) {
        case 'open':
          open.set(message.file, { bytes: 0, less: () => {} });
          feed(input, message.file, send, open).catch(reject);
          break;
        case 'eaten': {
          const waiting = open.get(message.file);
          if (waiting === undefined) break; // all of it is sent
          waiting.bytes -= message.bytes;
          waiting.less();
          break;
        }
        case 'rows':
          appended = appended.then(() => append(message.rows));
          appended.catch(reject);
          break;
        case 'progress':
          for (const rejection of message.rejections) input.onRejected?.(rejection);
          input.onProgress?.(message.progress);
          break;
        case 'done':
          for (const { database, builtAt } of message.builds)
            metrics.databaseBuild.set({ database }, builtAt);
          appended.then(() => resolve(message.result), reject);
          break;
        case 'failed':
          reject(carriedError(message.error));
      }
    };
    worker.on('message', handle);
    send({
      kind: 'run',
      files: input.files.map(({ input: { name, size }, format, formatConfig, firstAt }) => ({
        name,
        size,
        format: format.name,
        formatConfig,
        firstAt,
      })),
      defaultHost: input.defaultHost ?? null,
    });
  });
}

/**
 * Sends an open file, chunk by chunk; waits while more than its share of `aheadBytes` has not been taken in. A share of
 * its own: which file is wanted next is known on the other side alone.
 */
async function feed(
  { files, signal }: FrontInput,
  file: number,
  send: (message: ToFront, transfer?: ArrayBuffer[]) => void,
  open: Open,
): Promise<void> {
  const { input } = files[file]!;
  const waiting = open.get(file)!;
  let error: CarriedError | null = null;
  try {
    for await (const chunk of input.chunks(signal)) {
      // a copy: chunks are cut from memory that others use
      const bytes = new Uint8Array(chunk);
      waiting.bytes += bytes.length;
      send({ kind: 'chunk', file, bytes, bytesRead: input.bytesRead() }, [bytes.buffer]);
      while (waiting.bytes > aheadBytes / open.size)
        await new Promise<void>((resolve) => {
          waiting.less = resolve;
        });
    }
  } catch (thrown) {
    error = carryError(thrown);
  }
  open.delete(file);
  send({ kind: 'end', file, error });
}
