import { METHODS } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { contains, formatIp, parseNetwork } from '../../../lib/ip.ts';
import { socketAddress } from '../client-address.ts';
import type { CollectorConfig } from '../config.ts';
import { compileFieldMap } from '../field-map.ts';
import type { Intake } from '../pipeline.ts';

/**
 * `/mirror/*`: requests that a proxy copies here (nginx `mirror`, Envoy request mirroring). The copy's own method, URI
 * and headers are the event; `X-Original-URI` and `X-Original-Method` override them, for proxies that cannot keep them.
 * The answer is 204 at once and the body is thrown away: the proxy ignores both. There is no status in a mirrored
 * request, and no acknowledgement; while the log is full, copies are refused with 429 and counted.
 */
export interface MirrorSourceOptions {
  readonly config: CollectorConfig['mirror'];
  readonly intake: Intake;
  readonly overloaded: () => boolean;
  readonly refused: (reason: 'overload' | 'foreign') => void;
  readonly instance: string;
  readonly now: () => number;
}

const prefix = '/mirror';

export function registerMirrorSource(server: FastifyInstance, options: MirrorSourceOptions): void {
  const { config, intake, now } = options;
  const from = config.from.map((text) => parseNetwork(text)!);
  const read = compileFieldMap(config.fields);
  let serial = 0;

  const take = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { raw } = request;
    raw.resume();
    const peer = socketAddress(raw.socket.remoteAddress);
    if (peer === null || !from.some((network) => contains(network, peer))) {
      options.refused('foreign');
      return reply.code(403).send();
    }
    if (options.overloaded()) {
      options.refused('overload');
      return reply.code(429).header('retry-after', '1').send();
    }
    const at = now();
    const { headers } = raw;
    const uri = single(headers['x-original-uri']) ?? (raw.url ?? prefix).slice(prefix.length);
    const method = single(headers['x-original-method']) ?? raw.method ?? '';
    const outcome = read({
      timestamp: at,
      client_ip: formatIp(peer),
      method,
      url: uri.startsWith('/') ? uri : `/${uri}`,
      host: (headers.host ?? '').replace(/-shadow(?=:\d+$|$)/, ''), // Envoy's mark of a mirrored request
      http_version: raw.httpVersion,
      user_agent: headers['user-agent'],
      referer: headers.referer,
      accept_language: headers['accept-language'],
      headers,
    });
    const line = ++serial;
    intake.take({
      outcome,
      original: `${method} ${uri}`,
      originalBytes: null,
      line,
      origin: 'mirror',
      idScope: `mirror:${options.instance}:${at}`,
      idPosition: line,
      idContent: '',
      onRefused: null,
    });
    return reply.code(204).send();
  };

  // Whatever Node can read is mirrored; CONNECT is no request for a path.
  for (const method of METHODS) {
    if (method !== 'CONNECT' && !server.supportedMethods.includes(method))
      server.addHttpMethod(method, { hasBody: true });
  }
  // Answered before a body would be parsed: neither its size nor its type matters.
  const handler = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => reply;
  for (const url of [prefix, `${prefix}/*`]) server.all(url, { onRequest: take }, handler);
}

function single(value: string | string[] | undefined): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  return first === '' ? undefined : first;
}
