import type { RequestEvent } from '../../lib/contracts/generated.ts';
import { relieved } from '../../lib/log/relief.ts';
import { type RejectReason, reject } from '../../lib/outcome.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import type { CollectorConfig, FormatConfig, SiteConfig } from './config.ts';
import { type ReadFile, takeByTime } from './files-by-time.ts';
import { createFormat, detectFormat, sampleLines } from './formats/catalogue.ts';
import type { InputFormat } from './formats/format.ts';
import type { Input, Intake } from './pipeline.ts';
import { createSourceSetup, type SourceSetup } from './source-setup.ts';
import { isDamage } from './sources/gunzipped.ts';
import { type InputFile, openInput } from './sources/input.ts';
import { createLineSplitter } from './sources/lines.ts';

/** An opened input with what its first lines tell. */
export interface InspectedFile {
  readonly input: InputFile;
  /** Has seen none of its lines yet. */
  readonly format: InputFormat;
  /** What `format` was made of. */
  readonly formatConfig: FormatConfig;
  /** Earliest stamp among the first lines, epoch ms; null when none could be read. */
  readonly firstAt: number | null;
  /** Client addresses of the first lines as the log has them, for a look at what they are. */
  readonly sampleAddresses: readonly Buffer[];
}

/**
 * Opens the files, recognises each one's format and puts them in order of their first stamps. Throws
 * UnreadableFormatError, or the error of the file system.
 */
export async function inspectFiles(
  paths: readonly string[],
  config: FormatConfig,
): Promise<readonly InspectedFile[]> {
  const inspected: InspectedFile[] = [];
  for (const path of paths) {
    const input = await openInput(path, sampleLines);
    const format = detectFormat(input.sample, config, path);
    const addresses: Buffer[] = [];
    let firstAt: number | null = null;
    for (const line of input.sample) {
      if (format.directive?.(line) === true) continue;
      const outcome = format.parse(line);
      if (outcome.kind === 'reject') continue;
      if (firstAt === null || outcome.value.timestamp < firstAt) firstAt = outcome.value.timestamp;
      addresses.push(outcome.value.client_ip);
    }
    inspected.push({
      input,
      format: createFormat(format.name, config),
      formatConfig: config,
      firstAt,
      sampleAddresses: addresses,
    });
  }
  // The sort is stable: files without a stamp go last, equal ones stay as given.
  return inspected.sort(
    (a, b) => (a.firstAt ?? Number.MAX_SAFE_INTEGER) - (b.firstAt ?? Number.MAX_SAFE_INTEGER),
  );
}

export interface Rejection {
  readonly file: string;
  readonly line: number;
  /** Among the lines of the file that say something, from 0. */
  readonly place: number;
  readonly reason: RejectReason;
  readonly detail: string;
}

export interface CollectProgress {
  /** Lines read, without empty ones. */
  lines: number;
  accepted: number;
  /** Not readable: malformed, invalid or too large. */
  rejected: number;
  late: number;
  future: number;
  /** Stamps of accepted events, epoch ms; null before the first. */
  firstAt: number | null;
  lastAt: number | null;
  /** Bytes on disk read so far, over all files, and their sum; null when standard input is among them. */
  bytes: number;
  totalBytes: number | null;
  /** The file being read. */
  file: string;
}

export interface CollectResult extends Readonly<CollectProgress> {
  readonly files: readonly { readonly name: string; readonly format: string }[];
  /** The first 100, late and future ones included. */
  readonly rejections: readonly Rejection[];
  /** `name:type` and how often, of fields that are not ours. */
  readonly unknownFields: readonly (readonly [field: string, count: number])[];
}

export interface CollectOptions {
  readonly files: readonly InspectedFile[];
  readonly sites?: readonly SiteConfig[];
  /** Default: what the slowest format among the files needs (1 s for ndjson, 5 s for access logs). */
  readonly latenessMs?: number;
  /** Default `files`: part of every derived event id, so keep it to get the same ids. */
  readonly sourceId?: string;
  readonly defaultHost?: string;
  /** Every accepted event, in the order of input, before it is acknowledged. */
  readonly onAccepted?: (event: RequestEvent) => void;
  readonly onRejected?: (rejection: Rejection) => void;
  /** After each batch. */
  readonly onProgress?: (progress: Readonly<CollectProgress>) => void;
  readonly signal?: AbortSignal;
}

/** A chunk of a file is taken in by pieces, so that a batch is hardly larger than it has to be. */
const pieceBytes = 128 * 1024;
/** A broker is sent large batches; in this process moderate ones cost little memory. */
const batchRecords = { kafka: 1000, memory: 800 } as const;
const keptRejections = 100;
/** How far a file is read ahead of its readers in this process: it can wait, and what waits costs memory. */
const readAheadBytes = 1024 * 1024;

/** Unread bytes of a log in this process beyond which nothing more is put into it. */
export const readAheadLimit = (config: CollectorConfig): number =>
  Math.min(config.max_log_bytes, readAheadBytes);

/**
 * Reads files to their end, in order of time, through the same intake as the live sources and resolves when all of it is acknowledged,
 * the closing tick included. Waits while the log holds more than `max_log_bytes` unread. Rejects when the log does,
 * when a file cannot be read at all, or on abort.
 */
export async function collectFiles(
  context: ServiceContext,
  config: CollectorConfig,
  options: CollectOptions,
): Promise<CollectResult> {
  // what a log says must not depend on when it is read, nor on the clock of the machine that reads it
  const timeless = { ...config, future: Infinity };
  const setup = await createSourceSetup(context, timeless, options.sites ?? []);
  try {
    return await readFiles(context, config, options, setup);
  } finally {
    await setup.close();
  }
}

async function readFiles(
  context: ServiceContext,
  config: CollectorConfig,
  options: CollectOptions,
  setup: SourceSetup,
): Promise<CollectResult> {
  const { files, onAccepted, onProgress, signal } = options;
  const { log } = context;
  const limitBytes = readAheadLimit(config);
  const sourceId = options.sourceId ?? 'files';
  const sizes = files.map(({ input }) => input.size);
  const rejections: Rejection[] = [];
  const progress: CollectProgress = {
    lines: 0,
    accepted: 0,
    rejected: 0,
    late: 0,
    future: 0,
    firstAt: null,
    lastAt: null,
    bytes: 0,
    totalBytes: sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
    file: '',
  };
  const intake = await setup.intake({
    sourceId,
    sourceClass: `file:${sourceId}`,
    mode: 'file',
    latenessMs: options.latenessMs ?? Math.max(0, ...files.map(({ format }) => format.latenessMs)),
    ...(options.defaultHost === undefined ? {} : { defaultHost: options.defaultHost }),
    observer: {
      accepted: (event) => {
        if (progress.firstAt === null || event.timestamp < progress.firstAt)
          progress.firstAt = event.timestamp;
        if (progress.lastAt === null || event.timestamp > progress.lastAt) progress.lastAt = event.timestamp;
        onAccepted?.(event);
      },
      refused: (reason, detail, input) => {
        const { origin: file, line, place = 0 } = input;
        const rejection = { file, line, place, reason, detail };
        if (rejections.length < keptRejections) rejections.push(rejection);
        options.onRejected?.(rejection);
      },
    },
  });
  const report = (file: InputFile): void => {
    Object.assign(progress, intake.tally);
    progress.file = file.name;
    progress.bytes = files.reduce((sum, { input }) => sum + input.bytesRead(), 0);
    onProgress?.(progress);
  };

  let acknowledged: Promise<void> = Promise.resolve();
  try {
    await takeByTime(
      files.map((file) => readFile(file, sourceId, config, { add: () => void progress.lines++ }, signal)),
      (input) => intake.take(input),
      async ({ input }) => {
        signal?.throwIfAborted();
        if (intake.waiting < batchRecords[log.kind]) return;
        await acknowledged; // at most one batch at work while the next is read
        acknowledged = intake.flush();
        report(input);
        await relieved(log, limitBytes, signal);
      },
    );
  } finally {
    await acknowledged;
  }
  intake.end();
  const last = files.at(-1)?.input;
  // whoever reads behind the log hears of a refused line before he sees those behind it
  if (last !== undefined) report(last);
  await intake.flush();
  if (last !== undefined) report(last);
  return {
    ...progress,
    files: files.map(({ input, format }) => ({ name: input.name, format: format.title })),
    rejections,
    unknownFields: setup.unknownFields.counts(),
  };
}

/** A file as `takeByTime` reads it, in pieces. */
function readFile(
  { input, format, firstAt }: InspectedFile,
  sourceId: string,
  config: CollectorConfig,
  lines: { add(): void },
  signal?: AbortSignal,
): ReadFile & { readonly input: InputFile } {
  let queue: Input[] = [];
  const { splitter, take } = createFileReader(
    { take: (said) => void queue.push(said) },
    format,
    input.name,
    sourceId,
    config,
    lines,
  );
  /** Opened with the first piece: a stream that nobody reads must not run. */
  let chunks: AsyncIterator<Buffer> | null = null;
  let chunk: Buffer | null = null;
  let from = 0;
  let over = false;
  const nextChunk = async (): Promise<Buffer | null> => {
    chunks ??= input.chunks(signal)[Symbol.asyncIterator]();
    try {
      const { done, value } = await chunks.next();
      return done === true ? null : value;
    } catch (error) {
      if (!isDamage(error)) throw error;
      take(reject('malformed', `the file is damaged from here on: ${(error as Error).message}`), '');
      return null;
    }
  };
  return {
    input,
    firstAt,
    async read(into) {
      if (over) return false;
      queue = into;
      if (chunk === null || from >= chunk.length) {
        chunk = await nextChunk();
        from = 0;
      }
      over = chunk === null;
      if (chunk === null) splitter.end();
      else {
        splitter.feed(chunk.subarray(from, from + pieceBytes));
        from += pieceBytes;
      }
      return true;
    },
    async close() {
      await chunks?.return?.();
    },
  };
}

/**
 * Lines of one file into the intake, read by a format of its own. Ids are made of the source, the byte offset and the
 * line.
 */
export function createFileReader(
  intake: Pick<Intake, 'take'>,
  format: InputFormat,
  name: string,
  sourceId: string,
  config: { readonly max_line_bytes: number },
  counter: { add(): void },
  start: { readonly offset: number; readonly lineNumber: number } = { offset: 0, lineNumber: 1 },
) {
  let taken = 0;
  const take = (
    outcome: ReturnType<InputFormat['parse']>,
    original: string | Buffer,
    originalBytes: number | null = null,
  ): void => {
    counter.add();
    intake.take({
      outcome,
      original,
      originalBytes,
      line: splitter.lineNumber,
      place: taken++,
      origin: name,
      idScope: sourceId,
      idPosition: splitter.offset,
      idContent: typeof original === 'string' ? original : '',
      onRefused: null,
    });
  };
  const splitter = createLineSplitter(
    {
      line: (text) => {
        if (format.directive?.(text) !== true) take(format.parse(text), text);
      },
      tooLong: (bytes, length) =>
        take(reject('too_large', `${length} bytes; ${config.max_line_bytes} are allowed`), bytes, length),
    },
    { maxBytes: config.max_line_bytes, ...start },
  );
  return { splitter, take };
}
