import { common } from './common.ts';
import type { FormatDefinition } from './format.ts';
import { jsonPreset, startsAsJson } from './json-preset.ts';
import { afterSyslogHeader } from './syslog-header.ts';

/** The JSON that Fastly's documents and console propose, in its older and newer names. */
const jsonLines = jsonPreset({
  name: 'fastly',
  title: 'Fastly log streaming (JSON)',
  latenessMs: 10_000,
  recognises: (input) =>
    ['fastly_is_edge', 'fastly_server', 'response_state', 'service_id', 'request_user_agent'].some(
      (name) => name in input,
    ),
  fields: {
    timestamp: ['$.timestamp', '$.time_start'],
    client_ip: '$.client_ip',
    request: [],
    method: ['$.request_method', '$.request'],
    url: '$.url',
    host: '$.host',
    status: ['$.response_status', '$.status'],
    response_bytes: ['$.response_body_size', '$.resp_body_size', '$.resp_bytes'],
    request_bytes: ['$.request_body_size', '$.req_body_size', '$.req_bytes'],
    duration_ms: { path: '$.time_elapsed', unit: 'us' },
    user_agent: '$.request_user_agent',
    referer: '$.request_referer',
    accept_language: '$.request_accept_language',
    http_version: ['$.request_protocol', '$.protocol'],
    tls_version: '$.tls_client_protocol',
    ja3: ['$.tls_client_ja3_md5', '$.ja3'],
    ja4: ['$.tls_client_ja4', '$.ja4'],
  },
});

/** Fastly log streaming: its usual JSON, or its default text, which is the Common Log Format; with a syslog header or not. */
export const fastly: FormatDefinition = {
  name: 'fastly',
  recognises: (line) => jsonLines.recognises!(afterSyslogHeader(line)),
  create(config) {
    const json = jsonLines.create(config);
    const text = common.create(config);
    return {
      name: 'fastly',
      title: 'Fastly log streaming',
      latenessMs: 10_000,
      parse(line) {
        const message = afterSyslogHeader(line);
        return (startsAsJson(message) ? json : text).parse(message);
      },
    };
  },
};
