import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Response } from 'undici';
import type { z } from 'zod';
import { proxiedFetch } from '../../../lib/http/proxied-fetch.ts';
import type { Logger } from '../../../lib/observability/logger.ts';
import type { Metrics } from '../../../lib/observability/metrics.ts';
import { inPackage } from '../../../lib/package-root.ts';
import { EdgeError, type EdgeFault } from '../edge.ts';
import {
  type BucketLimit,
  type Cost,
  openRequestBudget,
  type RequestBudget,
  type StateStore,
} from './request-budget.ts';

export interface VendorRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base URL, with its slash; segments that come from configuration are encoded by the caller. */
  readonly path: string;
  readonly query?: { readonly [name: string]: string | number | boolean };
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: { readonly [name: string]: string };
  /** Beyond one of `requests`. */
  readonly cost?: Cost;
  /** Statuses other than 2xx that are an answer here, no fault. */
  readonly expect?: readonly number[];
}

export interface VendorAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** null: an empty body. */
  readonly json: unknown;
}

/** The parts of an HTTP request that a signature covers. */
export interface Unsigned {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
}

export interface VendorClientOptions {
  /** Name of the edge: label of the metrics. */
  readonly edge: string;
  readonly vendor: string;
  /** Identifies the credential: a hash of it names the budget. Values here never appear in a message. */
  readonly secrets: readonly string[];
  readonly baseUrl: string;
  /** Headers that carry the credential. */
  authorize(
    request: Unsigned,
    signal: AbortSignal,
  ): { readonly [name: string]: string } | Promise<{ readonly [name: string]: string }>;
  /** Must hold a bucket `requests`. */
  readonly limits: { readonly requests: BucketLimit; readonly [bucket: string]: BucketLimit };
  readonly timeoutMs: number;
  /** What a failed answer means, where the vendor says more than the status does; null: the status counts. */
  readonly explain?: (status: number, json: unknown) => { fault?: EdgeFault; message: string } | null;
  /** Reads what an answer says about the budget. */
  readonly onAnswer?: (answer: VendorAnswer, budget: RequestBudget) => void;
  /** The body of an answer may be anything; what is no JSON is answered as text. */
  readonly anyBody?: boolean;
}

/** One vendor's API with one credential. Every failure is an EdgeError; nothing is sent twice by itself. */
export interface VendorClient {
  request(request: VendorRequest, signal: AbortSignal): Promise<VendorAnswer>;
}

export interface VendorHttp {
  client(options: VendorClientOptions): VendorClient;
}

export interface VendorHttpOptions {
  readonly store: StateStore;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly now: () => number;
  readonly random: () => number;
}

/** An answer larger than this is not read on. */
const longestAnswerBytes = 64 * 1024 * 1024;
const { version } = JSON.parse(readFileSync(inPackage('package.json'), 'utf8')) as { version: string };
/** `name/version`: CrowdSec refuses other forms, and a vendor's support can tell who called. */
export const userAgent = `tidegate/v${version}`;

export function createVendorHttp({ store, metrics, logger, now, random }: VendorHttpOptions): VendorHttp {
  const budgets = new Map<string, Promise<RequestBudget>>();

  const budgetOf = ({ vendor, secrets, limits }: VendorClientOptions): Promise<RequestBudget> => {
    const hash = createHash('sha256')
      .update(JSON.stringify([vendor, ...secrets]))
      .digest('hex')
      .slice(0, 16);
    const name = `edge-budgets/${vendor}-${hash}`;
    let budget = budgets.get(name);
    if (budget === undefined) {
      const onStoreError = (error: unknown): void =>
        logger.warn({ budget: name, error: String(error) }, 'edge budget can not be kept');
      budget = openRequestBudget({ store, name, limits, now, random, onStoreError });
      budgets.set(name, budget);
    }
    return budget;
  };

  return {
    client(options) {
      const { edge, secrets } = options;
      const clean = (text: string): string => {
        let cleaned = text;
        for (const secret of secrets) if (secret !== '') cleaned = cleaned.replaceAll(secret, '***');
        return cleaned.replaceAll(/\s+/g, ' ').slice(0, 400);
      };
      const counted = (code: string): void => metrics.edgeRequests.inc({ edge, code });
      const send = async (request: VendorRequest, signal: AbortSignal): Promise<VendorAnswer> => {
        const url = new URL(options.baseUrl.replace(/\/$/, '') + request.path);
        for (const [name, value] of Object.entries(request.query ?? {}))
          url.searchParams.set(name, String(value));
        const body = request.body === undefined ? '' : JSON.stringify(request.body);
        const authorization = await options.authorize({ method: request.method, url, body }, signal);
        const timeout = AbortSignal.timeout(options.timeoutMs);
        try {
          const response = await proxiedFetch(url, {
            method: request.method,
            headers: {
              accept: 'application/json',
              'user-agent': userAgent,
              ...(body === '' ? {} : { 'content-type': 'application/json' }),
              ...request.headers,
              ...authorization,
            },
            ...(body === '' ? {} : { body }),
            signal: AbortSignal.any([signal, timeout]),
          });
          counted(String(response.status));
          const text = await readText(response);
          const isBad = !response.ok && !request.expect?.includes(response.status);
          return {
            status: response.status,
            headers: response.headers as unknown as Headers,
            json: parseJson(text, isBad || options.anyBody === true),
          };
        } catch (error) {
          if (error instanceof EdgeError) throw error;
          if (signal.aborted) throw new EdgeError('unavailable', 'stopping', { cause: error });
          counted(timeout.aborted ? 'timeout' : 'network');
          const why = timeout.aborted ? `no answer within ${options.timeoutMs} ms` : reasonOf(error);
          throw new EdgeError('unavailable', why, { cause: error });
        }
      };

      return {
        async request(request, signal) {
          const where = `${request.method} ${request.path}`;
          const budget = await budgetOf(options);
          const say = (fault: EdgeFault, message: string, retryAfterMs: number | null, cause?: unknown) => {
            metrics.edgeCircuitOpen.set({ edge }, budget.isOpen ? 1 : 0);
            return new EdgeError(fault, clean(`${where}: ${message}`), {
              cause,
              ...(retryAfterMs === null ? {} : { retryAfterMs }),
            });
          };
          try {
            await budget.take({ requests: 1, ...request.cost });
          } catch (error) {
            if (!(error instanceof EdgeError)) throw error;
            throw say(error.fault, error.message, error.retryAfterMs);
          }
          let answer: VendorAnswer;
          try {
            answer = await send(request, signal);
          } catch (error) {
            if (!(error instanceof EdgeError)) throw error;
            if (!signal.aborted) await budget.failed(error.fault, clean(error.message));
            throw say(error.fault, error.message, error.retryAfterMs, error.cause);
          }
          options.onAnswer?.(answer, budget);
          const { status, json } = answer;
          const isFine = (status >= 200 && status < 300) || request.expect?.includes(status) === true;
          if (isFine) {
            budget.succeeded();
            return answer;
          }
          const explained = options.explain?.(status, json) ?? null;
          const fault = explained?.fault ?? faultOfStatus(status);
          const message = `${status} ${explained?.message ?? messageOf(json)}`.trim();
          const retryAfterMs = retryAfter(answer.headers, now());
          if (retryAfterMs !== null && (fault === 'throttled' || fault === 'unavailable'))
            await budget.pause(retryAfterMs);
          if (fault === 'credential' || fault === 'unavailable') await budget.failed(fault, clean(message));
          throw say(fault, message, retryAfterMs);
        },
      };
    },
  };
}

/** The answer in its expected form; EdgeError `unavailable` when the vendor says something else. */
export function answerAs<S extends z.ZodType>(schema: S, answer: VendorAnswer, what: string): z.output<S> {
  const parsed = schema.safeParse(answer.json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new EdgeError(
    'unavailable',
    `${what}: an answer of another form (${issue?.path.join('.') || 'body'}: ${issue?.message})`,
  );
}

export function faultOfStatus(status: number): EdgeFault {
  if (status === 401 || status === 403) return 'credential';
  if (status === 404 || status === 410) return 'missing';
  if (status === 409 || status === 412 || status === 423) return 'conflict';
  if (status === 429) return 'throttled';
  if (status >= 500 || status === 408 || status === 425) return 'unavailable';
  return 'invalid';
}

/** `Retry-After` in ms from now: seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(headers: Headers, now: number): number | null {
  const text = headers.get('retry-after');
  if (text === null) return null;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), 24 * 3_600_000) : null;
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).byteLength;
    if (size > longestAnswerBytes)
      throw new EdgeError('unavailable', `an answer of more than ${longestAnswerBytes} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string, lenient: boolean): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    if (lenient) return text;
    throw new EdgeError('unavailable', `an answer that is no JSON: ${text.slice(0, 100)}`);
  }
}

/** The sentence in a vendor's error, wherever it keeps it. */
function messageOf(json: unknown): string {
  if (typeof json === 'string') return json;
  if (typeof json !== 'object' || json === null) return '';
  const said = json as { readonly [name: string]: unknown };
  for (const name of ['detail', 'message', 'msg', 'error_description', 'error', 'title'])
    if (said[name] !== undefined && said[name] !== null) return messageOf(said[name]);
  return JSON.stringify(json);
}

/** undici wraps the interesting error: `fetch failed`, because of ECONNREFUSED. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
