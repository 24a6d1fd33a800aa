import type { EnrichedRequest, RequestEvent } from './generated.ts';

/**
 * Fields of a request that a log has or lacks (null). Sources, events and the archive call them the same, so what maps,
 * counts or reads them goes by this list.
 */
export const requestFields = [
  'status',
  'request_bytes',
  'response_bytes',
  'duration_ms',
  'user_agent',
  'referer',
  'accept_language',
  'http_version',
  'tls_version',
  'ja3',
  'ja4',
  'session_id',
  'account_id',
  'partner_id',
  'api_key_id',
  'end_user_ip',
  'operation',
  'cookie_count',
  'set_cookie_count',
  'edge_action',
] as const satisfies readonly (keyof RequestEvent)[];

/** What every request has: a line without them is refused. */
export const certainFields = ['timestamp', 'client_ip', 'method', 'path', 'endpoint'] as const;

/** What enrichment finds out about a request, or does not (null). */
export const factFields = [
  'country',
  'asn',
  'documented',
  'proxy_kind',
  'browser',
  'browser_age_days',
] as const satisfies readonly (keyof EnrichedRequest)[];
