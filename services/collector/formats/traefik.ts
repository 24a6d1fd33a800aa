import { compileLayout, parseLine } from './access-log.ts';
import { jsonOrText, jsonPreset } from './json-preset.ts';
import { createVariableTakers, milliseconds } from './variables.ts';

/** `format: json` of Traefik's access log. Headers are there when `fields.headers` keeps them. */
const jsonLines = jsonPreset({
  name: 'traefik',
  title: 'Traefik access log (JSON)',
  latenessMs: 5000,
  recognises: (input) => 'DownstreamStatus' in input || 'RouterName' in input,
  fields: {
    timestamp: ['$.StartUTC', '$.time'],
    client_ip: '$.ClientHost',
    method: '$.RequestMethod',
    url: '$.RequestPath',
    host: '$.RequestHost',
    status: '$.DownstreamStatus',
    request_bytes: '$.RequestContentSize',
    response_bytes: '$.DownstreamContentSize',
    duration_ms: { path: '$.Duration', unit: 'ns' },
    user_agent: '$.request_User-Agent',
    referer: '$.request_Referer',
    accept_language: '$.request_Accept-Language',
    http_version: '$.RequestProtocol',
    tls_version: '$.TLSVersion',
    account_id: '$.ClientUsername',
    request_id: '$.request_X-Request-Id',
  },
});

const textLayout =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $count "$router" "$server" ${request_ms}ms';

/** Traefik's access log: combined with the number of the request, router, server and duration; or JSON. */
export const traefik = jsonOrText('Traefik access log', jsonLines, ({ fields }) => {
  const takers = createVariableTakers(fields);
  const layout = compileLayout(textLayout, (name) => (name === 'request_ms' ? milliseconds : takers(name)));
  return (line) => parseLine(layout, line);
});
