import type { ParsedRequest } from '../parsed-request.ts';
import { jsonPreset } from './json-preset.ts';

/** `SecurityAction` (before 2023 `FirewallMatchesActions`) → what the edge did, where it did something. */
const actions: { readonly [action: string]: ParsedRequest['edge_action'] } = {
  block: 'block',
  drop: 'block',
  connectionClose: 'block',
  challenge: 'challenge',
  jschallenge: 'challenge',
  managed_challenge: 'challenge',
  ratelimit: 'rate_limit',
};

/**
 * Cloudflare Logpush, data set `http_requests`. Batches are of many data centres, written every half minute or so.
 * JA3 and JA4, cookies and request headers are there when the job was told to send them.
 */
export const cloudflare = jsonPreset({
  name: 'cloudflare',
  title: 'Cloudflare Logpush (http_requests)',
  latenessMs: 60_000,
  recognises: (input) => 'ClientRequestMethod' in input || 'EdgeStartTimestamp' in input,
  fields: {
    timestamp: ['$.EdgeStartTimestamp', '$.EdgeEndTimestamp'],
    client_ip: '$.ClientIP',
    method: '$.ClientRequestMethod',
    url: '$.ClientRequestURI',
    path: '$.ClientRequestPath',
    host: '$.ClientRequestHost',
    status: '$.EdgeResponseStatus',
    request_bytes: '$.ClientRequestBytes',
    response_bytes: '$.EdgeResponseBytes',
    duration_ms: ['$.EdgeTimeToFirstByteMs', '$.OriginResponseDurationMs'],
    user_agent: '$.ClientRequestUserAgent',
    referer: '$.ClientRequestReferer',
    accept_language: { header: 'accept-language' },
    http_version: '$.ClientRequestProtocol',
    tls_version: '$.ClientSSLProtocol',
    ja3: '$.JA3Hash',
    ja4: '$.JA4',
    request_id: '$.RayID',
    headers: '$.RequestHeaders',
  },
  finish(request, { SecurityAction: action, FirewallMatchesActions: older, Cookies: cookies }) {
    const first = typeof action === 'string' ? action : Array.isArray(older) ? older[0] : undefined;
    if (typeof first === 'string' && Object.hasOwn(actions, first)) request.edge_action = actions[first]!;
    if (typeof cookies === 'object' && cookies !== null) request.cookie_count ??= Object.keys(cookies).length;
  },
});
