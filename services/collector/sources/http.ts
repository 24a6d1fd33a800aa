import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Outcome, reject } from '../../../lib/outcome.ts';
import { isLoopback, socketAddress } from '../client-address.ts';
import type { CollectorConfig } from '../config.ts';
import { parseJsonLine } from '../formats/ndjson.ts';
import { isTooDeep } from '../nesting.ts';
import { normalise } from '../normalise.ts';
import type { ParsedRequest } from '../parsed-request.ts';
import type { Input, Intake } from '../pipeline.ts';
import { createTokenCheck } from './bearer-tokens.ts';
import { drain } from './drain.ts';
import { createLineSplitter } from './lines.ts';
import { type EntryProblem, type Problem, sendProblem } from './problem.ts';

/**
 * `POST /v1/events`: a batch of requests in the ndjson form.
 *
 * | answer | when |
 * |---|---|
 * | 202 `{accepted}` | every entry is in the log, acknowledged |
 * | 400 | the body is no gzip, no JSON array |
 * | 401 | no or wrong bearer token |
 * | 413 | more than `max_body_bytes` decoded, or more than `max_events` |
 * | 415 | neither NDJSON nor JSON, or an encoding other than gzip |
 * | 422 `{accepted, rejected, errors}` | the good entries are in the log, acknowledged; the listed ones are not |
 * | 429, 503 + Retry-After | too much at work; the log did not acknowledge: send the same again |
 *
 * Ids of entries that bring none are made of the body's hash (or the `Idempotency-Key`) and their place in it: the same
 * batch sent again is the same events. After a 422 send only the corrected entries, or all under the same
 * `Idempotency-Key`.
 */
export interface HttpSourceOptions {
  readonly config: CollectorConfig['http'];
  readonly maxLineBytes: number;
  readonly intake: Intake;
  /** True while the log can take no more. */
  readonly overloaded: () => boolean;
}

const listedProblems = 100;
const unzip = promisify(gunzip);
const ndjsonTypes = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'text/plain',
]);

type Body =
  /** NDJSON, still to be cut into lines. */
  | { readonly kind: 'text'; readonly bytes: Buffer }
  | { readonly kind: 'array'; readonly entries: readonly unknown[] };

class RefusedBody extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export function registerHttpSource(server: FastifyInstance, options: HttpSourceOptions): void {
  const { config, intake } = options;
  const isToken = createTokenCheck(config.tokens);
  let working = 0;

  const admit = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const peer = socketAddress(request.raw.socket.remoteAddress);
    const open = config.tokens.length === 0 && peer !== null && isLoopback(peer);
    if (!open && !isToken(request.headers.authorization)) {
      const detail =
        config.tokens.length === 0
          ? 'no token is configured (collector.http.tokens): only loopback may send'
          : 'a bearer token is needed';
      return sendProblem(reply.header('www-authenticate', 'Bearer'), {
        status: 401,
        title: 'Unauthorized',
        detail,
      });
    }
    if (working >= config.max_in_flight || options.overloaded())
      return sendProblem(reply.header('retry-after', '1'), {
        status: 429,
        title: 'Too Many Requests',
        detail: 'the collector is behind; send the same batch again',
      });
    return undefined;
  };

  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    working++;
    try {
      const bytes = await decode(request, config.max_body_bytes);
      const body = readBody(bytes, mediaType(request));
      const key = request.headers['idempotency-key'];
      const scope =
        typeof key === 'string' && key !== ''
          ? `http:key:${key.slice(0, 256)}`
          : `http:${createHash('sha256').update(bytes).digest('hex')}`;
      const { accepted, refused, problems } = takeBatch(body, scope, options);
      await intake.flush().catch((error: unknown) => {
        request.log.error({ error }, 'the log did not acknowledge a batch');
        throw new RefusedBody({
          status: 503,
          title: 'Service Unavailable',
          detail: 'the log did not acknowledge; send the same batch again',
        });
      });
      if (refused === 0) return await reply.code(202).send({ accepted });
      return await sendProblem(reply, {
        status: 422,
        title: 'Unprocessable Content',
        detail: `${refused} of ${accepted + refused} entries were not accepted; the others were`,
        accepted,
        rejected: refused,
        errors: problems,
      });
    } catch (error) {
      if (!(error instanceof RefusedBody)) throw error;
      if (error.problem.status === 503) reply.header('retry-after', '1');
      return await sendProblem(reply, error.problem);
    } finally {
      working--;
    }
  };

  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: config.max_body_bytes },
      (_request, body, done) => done(null, body),
    );
    scope.setErrorHandler(
      async (error: { readonly code?: string; readonly statusCode?: number }, request, reply) => {
        if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
          await drain(request.raw);
          return sendProblem(reply, tooLarge(config.max_body_bytes));
        }
        if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return sendProblem(reply, unsupported('(none)'));
        const status = error.statusCode ?? 500;
        if (status >= 500) request.log.error({ error }, 'a batch failed');
        return sendProblem(reply, {
          status,
          title: status >= 500 ? 'Internal Server Error' : 'Bad Request',
          detail: status >= 500 ? 'the batch was not taken' : 'the request could not be read',
        });
      },
    );
    scope.post('/v1/events', { onRequest: admit }, handle);
  });
}

function mediaType(request: FastifyRequest): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

function tooLarge(limit: number): Problem {
  return {
    status: 413,
    title: 'Content Too Large',
    detail: `a batch has at most ${limit} bytes, decompressed`,
  };
}

function unsupported(type: string): Problem {
  return {
    status: 415,
    title: 'Unsupported Media Type',
    detail: `${type || '(no content type)'}: send application/x-ndjson or application/json, plain or gzip`,
  };
}

const malformed = (detail: string): RefusedBody =>
  new RefusedBody({ status: 400, title: 'Bad Request', detail });

async function decode(request: FastifyRequest, limit: number): Promise<Buffer> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity' || encoding === '') return body;
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw new RefusedBody(unsupported(`encoding ${encoding}`));
  try {
    return await unzip(body, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new RefusedBody(tooLarge(limit));
    throw malformed('the body is not valid gzip');
  }
}

function readBody(bytes: Buffer, type: string): Body {
  if (ndjsonTypes.has(type)) return { kind: 'text', bytes };
  if (type !== 'application/json') throw new RefusedBody(unsupported(type));
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw malformed('the body is not JSON');
  }
  if (!Array.isArray(value))
    throw malformed('the body is not a JSON array (use application/x-ndjson for lines)');
  return { kind: 'array', entries: value };
}

interface BatchResult {
  readonly accepted: number;
  readonly refused: number;
  readonly problems: readonly EntryProblem[];
}

/** Hands every entry to the intake. Nothing is taken of a batch with too many entries. */
function takeBatch(body: Body, scope: string, options: HttpSourceOptions): BatchResult {
  const entries =
    body.kind === 'text' ? readLines(body.bytes, options.maxLineBytes) : body.entries.map(readEntry);
  const { max_events } = options.config;
  if (entries.length > max_events)
    throw new RefusedBody({
      status: 413,
      title: 'Content Too Large',
      detail: `${entries.length} entries; a batch has at most ${max_events}`,
    });
  // Dead letters are told apart by it: line 3 of one batch is not line 3 of another.
  const origin = createHash('sha256').update(scope).digest('hex').slice(0, 16);
  const problems: EntryProblem[] = [];
  let refused = 0;
  for (const { line, original, originalBytes, outcome } of entries) {
    const onRefused = (reason: string, detail: string): void => {
      refused++;
      if (problems.length < listedProblems) problems.push({ line, reason, detail });
    };
    options.intake.take({
      outcome,
      original,
      originalBytes,
      line,
      origin,
      idScope: scope,
      idPosition: line,
      idContent: '',
      onRefused,
    });
  }
  return { accepted: entries.length - refused, refused, problems };
}

type Entry = Pick<Input, 'line' | 'original' | 'originalBytes' | 'outcome'>;

function readEntry(entry: unknown, index: number): Entry {
  if (isTooDeep(entry)) {
    const outcome = reject('invalid', 'nested too deeply');
    return { line: index + 1, original: '(nested too deeply)', originalBytes: null, outcome };
  }
  const outcome: Outcome<ParsedRequest> = normalise(entry);
  return { line: index + 1, original: JSON.stringify(entry), originalBytes: null, outcome };
}

function readLines(bytes: Buffer, maxBytes: number): Entry[] {
  const entries: Entry[] = [];
  const splitter = createLineSplitter(
    {
      line: (text) =>
        entries.push({
          line: splitter.lineNumber,
          original: text,
          originalBytes: null,
          outcome: parseJsonLine(text, normalise),
        }),
      tooLong: (start, length) =>
        entries.push({
          line: splitter.lineNumber,
          original: start,
          originalBytes: length,
          outcome: reject('too_large', `${length} bytes; ${maxBytes} are allowed in a line`),
        }),
    },
    { maxBytes },
  );
  splitter.feed(bytes);
  splitter.end();
  return entries;
}
