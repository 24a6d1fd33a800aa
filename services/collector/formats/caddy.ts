import { jsonPreset } from './json-preset.ts';

const tlsVersions = new Map<unknown, string>([
  [769, 'TLSv1'],
  [770, 'TLSv1.1'],
  [771, 'TLSv1.2'],
  [772, 'TLSv1.3'],
]);

/** Caddy's access log. The client is who its own `trusted_proxies` found (`client_ip`), else the peer. */
export const caddy = jsonPreset({
  name: 'caddy',
  title: 'Caddy access log',
  latenessMs: 5000,
  recognises: ({ request, ts }) =>
    typeof request === 'object' && request !== null && 'uri' in request && ts !== undefined,
  fields: {
    timestamp: '$.ts',
    client_ip: ['$.request.client_ip', '$.request.remote_ip'],
    request: [],
    method: '$.request.method',
    url: '$.request.uri',
    host: '$.request.host',
    status: '$.status',
    request_bytes: '$.bytes_read',
    response_bytes: '$.size',
    duration_ms: { path: '$.duration', unit: 's' },
    user_agent: { header: 'user-agent' },
    referer: { header: 'referer' },
    accept_language: { header: 'accept-language' },
    http_version: '$.request.proto',
    account_id: '$.user_id',
    headers: '$.request.headers',
  },
  finish(request, input) {
    // a log of another shape, tried for this format, may have anything here or nothing
    const asked = input['request'] as
      | { readonly tls?: { readonly version?: unknown } | null }
      | null
      | undefined;
    request.tls_version ??= tlsVersions.get(asked?.tls?.version) ?? null;
    const answered = input['resp_headers'];
    if (typeof answered !== 'object' || answered === null) return;
    const cookies: unknown = Object.entries(answered).find(
      ([name]) => name.toLowerCase() === 'set-cookie',
    )?.[1];
    request.set_cookie_count ??= Array.isArray(cookies) ? cookies.length : 0;
  },
});
