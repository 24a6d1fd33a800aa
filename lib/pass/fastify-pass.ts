import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import type { PassOptions, PassRequest } from './options.ts';
import { createPassOffice } from './pass-office.ts';
import { braced, cacheControlOf, withoutQuery } from './request-endpoint.ts';

/**
 * A Fastify plugin that gives clients a signed pass for what they did with success: `app.register(fastifyPass({ keys }))`.
 * It covers every route of the instance that it is registered in, and adds one header to an answer at most.
 */
export function fastifyPass(options: PassOptions): FastifyPluginCallback {
  const office = createPassOffice(options);
  const plugin: FastifyPluginCallback = (app, _options, done) => {
    app.addHook('onSend', (request, reply, payload, next) => {
      const header = office.answer(
        toPassRequest(request),
        reply.statusCode,
        cacheControlOf(reply.getHeader('cache-control')),
      );
      // Fastify adds up set-cookie headers and replaces others.
      if (header !== null) reply.header(header.name, header.value);
      next(null, payload);
    });
    done();
  };
  // What fastify-plugin does: the hook belongs to the surrounding instance, not to one of its own.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}

function toPassRequest(request: FastifyRequest): PassRequest {
  return {
    method: request.method,
    endpoint: braced(request.routeOptions.url) ?? withoutQuery(request.url),
    address: request.ip,
    headers: request.headers,
  };
}
