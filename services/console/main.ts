import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import type { RunningService } from '../../lib/lifecycle.ts';
import type { LogProducer } from '../../lib/log/log.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { createAccess } from './access.ts';
import { registerApi } from './api.ts';
import { loadAssets } from './assets.ts';
import type { Costs } from './campaign-details.ts';
import type { ConsoleConfig } from './config.ts';

export interface ConsoleOptions {
  readonly clickhouse: ClickHouse;
  /** More about the process for GET /api/v1/pipeline, for example which log is used and why. */
  readonly status?: () => unknown;
  /** The edges of this process, where it runs an actuator. */
  readonly edges?: EdgesInProcess;
  /** For savings. */
  readonly costs?: Costs;
  /** Shown in the footer, as the licences of data sets ask. */
  readonly attributions?: readonly Attribution[];
}

export interface EdgesInProcess {
  list(): readonly object[];
  /** What would change at an edge now, with at most so many changes listed; rejects when it can not be read. */
  plan(name: string, limit: number): Promise<object>;
}

export interface Attribution {
  readonly text: string;
  readonly url: string;
}

export interface Console extends RunningService {
  readonly url: string;
}

/** No inline code, no foreign origin, no framing: what is stored about traffic was written by attackers. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** The page and its JSON API. Reading needs no token, so the address is loopback unless configured otherwise. */
export async function startConsole(
  context: ServiceContext,
  config: ConsoleConfig,
  options: ConsoleOptions,
): Promise<Console> {
  const logger = context.logger.child({ 'event.dataset': 'tidegate.console' });
  const assets = loadAssets();
  const app = Fastify({ logger: false, bodyLimit: 128 * 1024, forceCloseConnections: true });

  // A page of another name that resolves to this address (DNS rebinding) must not read the API.
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]', config.host, ...config.allowed_hosts]);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    if (!hosts.has(host) && config.host !== '0.0.0.0')
      return reply.code(421).send({ detail: `host ${JSON.stringify(host)} is not in console.allowed_hosts` });
  });
  app.get('/*', async (request, reply) => {
    const asset = assets.get(request.url.split('?')[0]!);
    if (asset === undefined) return reply.code(404).send({ detail: 'not found' });
    return reply.header('cache-control', 'no-cache').type(asset.type).send(asset.body);
  });

  const access = createAccess(config);
  let producer: Promise<LogProducer> | null = null;
  registerApi(app, {
    clickhouse: options.clickhouse,
    metrics: context.metrics,
    logger,
    now: context.now,
    status: options.status ?? (() => null),
    edges: options.edges ?? null,
    costs: options.costs ?? { per_request: 0, currency: '' },
    attributions: options.attributions ?? [],
    mayCommand: config.token !== undefined || config.tokens.some(({ role }) => role === 'operate'),
    access,
    send: async (record) => {
      producer ??= context.log.producer(`tidegate-console-${context.instance}`);
      await (await producer).send([record]);
    },
  });
  await app.listen({ host: config.host, port: config.port });
  const { port } = app.server.address() as AddressInfo;
  let finished = (): void => {};
  const done = new Promise<void>((resolve) => {
    finished = resolve;
  });
  let stopped: Promise<void> | null = null;
  return {
    name: 'console',
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    notReady: () => null,
    done,
    stop: () => {
      stopped ??= (async () => {
        await app.close();
        if (producer !== null) await (await producer).close();
        finished();
      })();
      return stopped;
    },
  };
}
