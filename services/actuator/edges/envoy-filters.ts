import { resourceName } from './envoy-resources.ts';

/**
 * The HTTP filters for the owner's Envoy, as JSON that is YAML too: one for the rules, one for tags, and one for each
 * part of the addresses. `cluster`: where Envoy finds the decisions API.
 */
export function envoyFilters(options: {
  readonly edge: string;
  readonly parts: number;
  readonly cluster: string;
  readonly tags: boolean;
  readonly refresh: string;
}): object[] {
  const type = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC';
  const parts = [
    ...(options.tags ? ['tags'] : []),
    'rules',
    ...Array.from({ length: options.parts }, (_, index) => `addresses-${index}`),
  ];
  return parts.map((part) => ({
    name: resourceName(options.edge, part),
    config_discovery: {
      type_urls: [type],
      // Before the first answer nobody is refused.
      default_config: { '@type': type },
      apply_default_config_without_warming: true,
      config_source: {
        resource_api_version: 'V3',
        api_config_source: {
          api_type: 'REST',
          transport_api_version: 'V3',
          cluster_names: [options.cluster],
          refresh_delay: options.refresh,
          request_timeout: '5s',
        },
      },
    },
  }));
}

/** What of a request the check is told. */
const toldHeaders = [
  'accept-language',
  'cookie',
  'referer',
  'tidegate-pass',
  'user-agent',
  'x-forwarded-for',
];

/**
 * The ext_authz filter that asks the decisions API about every request. Where that does not answer in time, the request
 * passes: `failure_mode_allow` is yours to decide, and written out so that it is decided.
 */
export function envoyAuthzFilter(options: {
  readonly edge: string;
  readonly cluster: string;
  /** Headers that hold an attribute, besides those that every client may send. */
  readonly headers: readonly string[];
  readonly timeout: string;
}): object {
  const exactly = (names: readonly string[]) => ({ patterns: names.map((exact) => ({ exact })) });
  return {
    name: 'envoy.filters.http.ext_authz',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz',
      transport_api_version: 'V3',
      failure_mode_allow: true,
      allowed_headers: exactly([...toldHeaders, ...options.headers]),
      http_service: {
        server_uri: { uri: `http://${options.cluster}`, cluster: options.cluster, timeout: options.timeout },
        path_prefix: `/v1/envoy/${options.edge}/check`,
        authorization_response: {
          allowed_upstream_headers: exactly(['x-tidegate-action', 'x-tidegate-decision']),
          allowed_client_headers: exactly(['location', 'retry-after', 'x-reference-id']),
        },
      },
    },
  };
}
