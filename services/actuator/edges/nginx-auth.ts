import { z } from 'zod';
import type { Edge, EdgeDependencies } from '../edge.ts';
import { createRequestCheck, requestCheckFields } from './request-check.ts';

/** nginx's auth_request, with the lines of deploy/nginx/tidegate-auth.conf. */
export const nginxAuthConfig = z.strictObject({ kind: z.literal('nginx-auth'), ...requestCheckFields });

export function createNginxAuthEdge(
  config: z.output<typeof nginxAuthConfig>,
  { name, ...dependencies }: EdgeDependencies,
): Edge {
  return createRequestCheck(config, dependencies, {
    kind: 'nginx-auth',
    called: "nginx's question",
    prefix: `/v1/nginx/${name}/check`,
    ruleLanguage: 'nginx',
    answer(reply, { status, action, headers }) {
      if (status === 200) return reply.code(200).headers(headers).send();
      // auth_request knows yes and no: what kind of no it is, the lines read from a header.
      return reply.code(403).headers(headers).header('x-tidegate-refused', action!).send();
    },
  });
}
