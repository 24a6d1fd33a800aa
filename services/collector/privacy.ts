import type { Param, RequestEvent } from '../../lib/contracts/generated.ts';
import { detached } from '../../lib/detached-text.ts';
import { sipHash64, sipKey } from '../../lib/hash/siphash.ts';
import { redactPath } from '../../lib/path/redact.ts';
import { segmentShape } from '../../lib/path/shapes.ts';
import { createTwoGenerationCache } from '../../lib/two-generation-cache.ts';
import { cleanHost, cleanText } from './clean-text.ts';
import type { PrivacyConfig } from './config.ts';
import type { KnownText } from './known-texts.ts';
import { usualMethods } from './normalise.ts';
import type { ParsedRequest } from './parsed-request.ts';
import { createPseudonymiser, valueKeyBytes } from './pseudonyms.ts';
import { operationNamed, paramName, parseQuery } from './query.ts';
import type { UnknownFields } from './unknown-fields.ts';

/** What the pipeline knows about an event beyond what it carries itself. */
export interface EventContext {
  readonly eventId: string;
  readonly site: string;
  readonly sourceId: string;
  readonly receivedAt: number;
  readonly clientIp: Buffer;
  /** Clean, in lower case. */
  readonly host: string;
}

/** Builds the event that may leave the collector: the only place where clear text becomes a RequestEvent. */
export type Redactor = (request: ParsedRequest, context: EventContext) => RequestEvent;

const limits = {
  method: 32,
  userAgent: 1024,
  acceptLanguage: 256,
  fingerprint: 128,
  version: 32,
  partner: 128,
  operation: 256,
  requestId: 128,
  header: 512,
  extra: 1024,
  extraFields: 32,
} as const;

const methods: ReadonlySet<string> = new Set(usualMethods);
const noParams: readonly Param[] = [];
const noTexts: Readonly<Record<string, string>> = Object.freeze({});
/** Hash of a value that must leave no trace. */
const droppedHash = Buffer.alloc(8);

function clean(text: string | null, limit: number): string | null {
  return text === null ? null : cleanText(text, limit);
}

/** What `make` says of the text, and `other` of one that no format remembers. */
function known(before: KnownText | null, text: string, make: (text: string) => string, other = make): string {
  if (before === null || before.text !== text) return other(text);
  before.safe ??= make(text);
  return before.safe;
}

export function createRedactor(
  config: PrivacyConfig,
  secret: Buffer,
  unknownFields: UnknownFields,
): Redactor {
  const pseudonym = createPseudonymiser(config.keys, secret);
  const valueKey = sipKey(valueKeyBytes(secret));
  const hashValue = (value: string): Buffer => sipHash64(valueKey, value);
  const keepValues = new Set(config.keep_values);
  const dropValues = new Set(config.drop_values);
  const keepShapes = new Set(config.keep_path_shapes);
  const keepHeaders = new Set(config.headers.map((name) => name.toLowerCase()));
  const keepUnknown = new Set(config.keep);
  // Keys and values are detached: a text cut out of a line would keep the line.
  const recentPaths = createTwoGenerationCache<string, string>(32_768);
  const recentReferers = createTwoGenerationCache<string, string>(32_768);
  const recentNames = createTwoGenerationCache<string, string>(8192);
  const recentAgents = createTwoGenerationCache<string, string>(32_768);

  /** Equal texts become the same text: events that are held share it, and look-ups by it hash it once. */
  const userAgent = (text: string): string => {
    let known = recentAgents.get(text);
    if (known === undefined) {
      known = detached(cleanText(text, limits.userAgent));
      if (text.length <= limits.userAgent) recentAgents.set(known === text ? known : detached(text), known);
    }
    return known;
  };

  /** In memory of its own. */
  const safePath = (text: string): string => {
    const redacted = redactPath(text, hashValue, keepShapes);
    return redacted === text ? text : detached(redacted);
  };
  const path = (text: string): string => {
    let redacted = recentPaths.get(text);
    if (redacted === undefined) {
      const key = detached(text);
      redacted = safePath(key);
      if (text.length <= 256) recentPaths.set(key, redacted);
    }
    return redacted;
  };

  /** A parameter's name is chosen by the client: one that looks like an identifier is hidden too. */
  const safeName = (name: string): string => {
    let safe = recentNames.get(name);
    if (safe === undefined) {
      const short = paramName(name);
      const shape = segmentShape(short.replaceAll(/[[\]]/g, '_'));
      safe = shape === null ? cleanText(short, 128) : `~${shape}`;
      if (name.length <= 128) recentNames.set(detached(name), detached(safe));
    }
    return safe;
  };

  const params = (request: ParsedRequest): readonly Param[] => {
    if (request.query === null && request.params === null) return noParams;
    const result: Param[] = [];
    const add = (name: string, value: string): void => {
      const safe = safeName(name);
      const dropped = dropValues.has(safe.toLowerCase());
      result.push({
        name: safe,
        hash: dropped ? droppedHash : hashValue(value),
        value: !dropped && keepValues.has(safe) ? cleanText(value, limits.extra) : null,
      });
    };
    if (request.query !== null) parseQuery(request.query, add);
    for (const [name, value] of request.params ?? []) add(name, value);
    return result;
  };

  const safeReferer = (text: string): string => {
    const scheme = text.indexOf('://');
    const start = scheme < 0 ? 0 : scheme + 3;
    const slash = text.indexOf('/', start);
    const hostEnd = slash < 0 ? text.length : slash;
    const host = cleanHost(text.slice(start, hostEnd).split(/[?#]/, 1)[0]!) ?? '';
    return detached(host + redactPath(slash < 0 ? '/' : text.slice(slash), hashValue, keepShapes));
  };
  const referer = (text: string): string => {
    let redacted = recentReferers.get(text);
    if (redacted === undefined) {
      redacted = safeReferer(text);
      if (text.length <= 512) recentReferers.set(detached(text), redacted);
    }
    return redacted;
  };

  const headers = (request: ParsedRequest): Readonly<Record<string, string>> => {
    if (request.headers === null) return noTexts;
    const kept: Record<string, string> = {};
    for (const [name, value] of request.headers) {
      if (keepHeaders.has(name)) kept[name] = cleanText(value, limits.header);
    }
    return kept;
  };

  const extra = (request: ParsedRequest): Readonly<Record<string, string>> => {
    if (request.unknown === null) return noTexts;
    let kept: Record<string, string> | null = null;
    let count = 0;
    for (const [name, value] of request.unknown) {
      unknownFields.count(name, value);
      if (keepUnknown.size === 0 || !keepUnknown.has(name) || count === limits.extraFields) continue;
      kept ??= {};
      kept[name] = cleanText(typeof value === 'string' ? value : JSON.stringify(value), limits.extra);
      count++;
    }
    return kept ?? noTexts;
  };

  return (request, context) => {
    const { site } = context;
    const at = request.timestamp;
    return {
      event_id: context.eventId,
      site,
      source_id: context.sourceId,
      received_at: context.receivedAt,
      timestamp: at,
      client_ip: context.clientIp,
      method: methods.has(request.method)
        ? request.method
        : cleanText(request.method, limits.method).toUpperCase(),
      host: context.host,
      path: known(request.known_path, request.path, safePath, path),
      params: params(request),
      status: request.status,
      outcome: request.outcome ?? 'unknown',
      request_bytes: request.request_bytes,
      response_bytes: request.response_bytes,
      duration_ms: request.duration_ms,
      user_agent:
        request.user_agent === null ? null : known(request.known_agent, request.user_agent, userAgent),
      referer:
        request.referer === null ? null : known(request.known_referer, request.referer, safeReferer, referer),
      accept_language: clean(request.accept_language, limits.acceptLanguage),
      http_version: clean(request.http_version, limits.version),
      tls_version: clean(request.tls_version, limits.version),
      ja3: clean(request.ja3, limits.fingerprint),
      ja4: clean(request.ja4, limits.fingerprint),
      session_id: request.session_id === null ? null : pseudonym('session', site, request.session_id, at),
      account_id: request.account_id === null ? null : pseudonym('account', site, request.account_id, at),
      partner_id: clean(request.partner_id, limits.partner),
      api_key_id: request.api_key_id === null ? null : pseudonym('api-key', site, request.api_key_id, at),
      end_user_ip: request.end_user_ip,
      operation: clean(
        request.operation ?? (request.query === null ? null : operationNamed(request.query)),
        limits.operation,
      ),
      cookie_count: request.cookie_count,
      set_cookie_count: request.set_cookie_count,
      headers: headers(request),
      edge_action: request.edge_action,
      request_id: clean(request.request_id, limits.requestId),
      sample_rate: request.sample_rate,
      extra: extra(request),
    };
  };
}
