import type { ApiEndpoint } from '../../lib/contracts/generated.ts';

/** An endpoint as topic `endpoints` says it, of which no more is known than `more`. */
export function learnedEndpoint(more: Partial<ApiEndpoint>): ApiEndpoint {
  return {
    endpoint_id: 'ep',
    revision: 1,
    updated_at: 0,
    site: 'default',
    host: 'shop.example',
    endpoint: 'GET /',
    function: 'other',
    status: 'unknown',
    documentation: null,
    operation_id: null,
    first_seen_at: null,
    established_at: null,
    last_seen_at: null,
    requests: 0,
    succeeded: 0,
    failed: 0,
    missing: 0,
    clients: 0,
    client_class: 'unknown',
    audience: 'public',
    params: [],
    analogues: [],
    family: null,
    ...more,
  };
}
