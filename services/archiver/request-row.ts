import type { Row } from '../../lib/clickhouse/clickhouse.ts';
import type { EnrichedRequest, Param } from '../../lib/contracts/generated.ts';
import { formatIp, isV4, maskIp } from '../../lib/ip.ts';

const none: { readonly [name: string]: string } = {};

function clearValues(params: readonly Param[]): { readonly [name: string]: string } {
  if (params.length === 0) return none;
  const values: { [name: string]: string } = {};
  for (const param of params) if (param.value !== null) values[param.name] = param.value;
  return values;
}

function hashes(params: readonly Param[]): { readonly [name: string]: string } {
  if (params.length === 0) return none;
  const values: { [name: string]: string } = {};
  for (const param of params)
    values[param.name] = Buffer.from(param.hash.buffer, param.hash.byteOffset, param.hash.length)
      .readBigUInt64LE(0)
      .toString();
  return values;
}

/** /24 of an IPv4 or /48 of an IPv6 address: what remains once the full address is forgotten. */
function networkText(ip: Buffer): string {
  return formatIp(maskIp(ip, isV4(ip) ? 120 : 48));
}

/** One row of `requests` (deploy/clickhouse/0001_requests.sql), stamps in epoch ms. */
export function requestRow(event: EnrichedRequest, partition: number, generation: number): Row {
  const request = event.request;
  return {
    site: request.site,
    endpoint: event.endpoint,
    timestamp: request.timestamp,
    event_id: request.event_id,
    source_id: request.source_id,
    received_at: request.received_at,
    client_network: networkText(request.client_ip),
    client_ip: formatIp(request.client_ip),
    method: request.method,
    host: request.host,
    path: request.path,
    params: clearValues(request.params),
    param_hashes: hashes(request.params),
    status: request.status,
    outcome: request.outcome,
    request_bytes: request.request_bytes,
    response_bytes: request.response_bytes,
    duration_ms: request.duration_ms,
    user_agent: request.user_agent,
    referer: request.referer,
    accept_language: request.accept_language,
    http_version: request.http_version,
    tls_version: request.tls_version,
    ja3: request.ja3,
    ja4: request.ja4,
    session_id: request.session_id,
    account_id: request.account_id,
    partner_id: request.partner_id,
    api_key_id: request.api_key_id,
    end_user_ip: request.end_user_ip === null ? null : formatIp(request.end_user_ip),
    operation: request.operation,
    cookie_count: request.cookie_count,
    set_cookie_count: request.set_cookie_count,
    headers: request.headers,
    edge_action: request.edge_action,
    request_id: request.request_id,
    sample_rate: request.sample_rate,
    extra: request.extra,
    endpoint_function: event.endpoint_function,
    documented: event.documented,
    path_params: clearValues(event.path_params),
    path_param_hashes: hashes(event.path_params),
    country: event.country,
    asn: event.asn,
    as_org: event.as_org,
    network_class: event.network_class,
    proxy_kind: event.proxy_kind,
    proxy_operator: event.proxy_operator,
    proxy_confidence: event.proxy_confidence,
    client_class: event.client_class,
    browser: event.browser,
    browser_version: event.browser_version,
    browser_age_days: event.browser_age_days,
    browser_plausible: event.browser_plausible,
    platform: event.platform,
    bot: event.bot,
    bot_name: event.bot_name,
    data_snapshot: event.data_snapshot,
    end_user_country: event.end_user_country,
    end_user_asn: event.end_user_asn,
    topic_partition: partition,
    topic_offset: event.source_offset,
    log_generation: generation,
  };
}
