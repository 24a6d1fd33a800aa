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
