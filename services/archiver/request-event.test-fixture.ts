import type { EnrichedRequest } from '../../lib/contracts/generated.ts';
import { stableId } from '../../lib/ids.ts';
import { parseIp } from '../../lib/ip.ts';

/** A plausible archived request; what a test is about is given, the rest is filled in. */
export function enrichedRequest(
  given: Partial<Omit<EnrichedRequest, 'request'>> & {
    request?: Partial<EnrichedRequest['request']>;
    ip?: string;
  },
): EnrichedRequest {
  const { request, ip, ...enriched } = given;
  const timestamp = request?.timestamp ?? Date.UTC(2026, 10, 20, 12);
  const sourceOffset = enriched.source_offset ?? 0;
  return {
    request: {
      event_id: stableId('event', 'default', sourceOffset, timestamp),
      site: 'default',
      source_id: 'test',
      received_at: timestamp + 20,
      timestamp,
      client_ip: parseIp(ip ?? '198.51.100.7')!,
      method: 'POST',
      host: 'shop.example',
      path: '/login',
      params: [{ name: 'sku', hash: Buffer.from([1, 0, 0, 0, 0, 0, 0, 0x80]), value: 'A-1' }],
      status: 401,
      outcome: 'failure',
      request_bytes: 120,
      response_bytes: 30,
      duration_ms: 12,
      user_agent: 'Mozilla/5.0',
      referer: null,
      accept_language: null,
      http_version: '1.1',
      tls_version: null,
      ja3: null,
      ja4: 't13d1516h2_8daaf6152771',
      session_id: null,
      account_id: 'k1.abc',
      partner_id: null,
      api_key_id: null,
      end_user_ip: null,
      operation: null,
      cookie_count: 1,
      set_cookie_count: null,
      headers: { 'x-app': 'web' },
      edge_action: null,
      request_id: null,
      sample_rate: null,
      extra: {},
      ...request,
    },
    hashes: Buffer.alloc(64),
    source_offset: sourceOffset,
    endpoint: 'POST /login',
    endpoint_function: 'login',
    operation: null,
    documented: null,
    path_params: [],
    country: 'DE',
    asn: 3320,
    as_org: 'Example ISP',
    network_class: 'isp',
    proxy_kind: null,
    proxy_operator: null,
    proxy_confidence: null,
    client_class: 'browser',
    browser: 'chrome',
    browser_version: 120,
    browser_age_days: 900,
    browser_plausible: true,
    platform: 'windows',
    bot: 'none',
    bot_name: null,
    data_snapshot: 'test',
    end_user_country: null,
    end_user_asn: null,
    ...enriched,
  };
}
