import { z } from 'zod';
import type { Edge, EdgeDependencies } from '../edge.ts';
import { createRequestCheck, requestCheckFields } from './request-check.ts';

/** Envoy's ext_authz over HTTP. */
export const envoyAuthzConfig = z.strictObject({ kind: z.literal('envoy-authz'), ...requestCheckFields });

const ownHeaders = ['x-tidegate-action', 'x-tidegate-decision'];

export function createEnvoyAuthzEdge(
  config: z.output<typeof envoyAuthzConfig>,
  { name, ...dependencies }: EdgeDependencies,
): Edge {
  return createRequestCheck(config, dependencies, {
    kind: 'envoy-authz',
    called: "Envoy's check",
    prefix: `/v1/envoy/${name}/check`,
    ruleLanguage: 'envoy',
    answer(reply, { status, headers, text }) {
      // What a client sends of these names is not from us.
      const strange = ownHeaders.filter((header) => headers[header] === undefined);
      if (strange.length > 0) reply.header('x-envoy-auth-headers-to-remove', strange.join(','));
      return reply.code(status).headers(headers).send(text);
    },
  });
}
