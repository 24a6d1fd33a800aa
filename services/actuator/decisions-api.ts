import type { AddressInfo } from 'node:net';
import type { Logger } from '../../lib/observability/logger.ts';
import type { Edge } from './edge.ts';

/** The HTTP server of the edges that serve their list themselves: feeds, and CrowdSec's bouncers. */
export interface DecisionsApi {
  /** `http://127.0.0.1:7482` */
  readonly url: string;
  close(): Promise<void>;
}

export async function startDecisionsApi(
  config: { readonly host: string; readonly port: number },
  edges: readonly Edge[],
  logger: Logger,
): Promise<DecisionsApi> {
  // Loaded when it is served: replay and others that only take decisions start without it.
  const { default: fastify } = await import('fastify');
  const app = fastify({ logger: false, bodyLimit: 1 << 20, forceCloseConnections: true });
  app.setErrorHandler(async (error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) logger.error({ error }, 'decisions API');
    return reply.code(status).send({ message: status >= 500 ? 'internal error' : error.message });
  });
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).send({ message: 'not found' }));
  // Bouncers post metrics with and without a content type.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  for (const edge of edges) edge.register?.(app);
  await app.listen({ host: config.host, port: config.port });
  const address = app.server.address() as AddressInfo;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `http://${host}:${address.port}`, close: () => app.close() };
}
