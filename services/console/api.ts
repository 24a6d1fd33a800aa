import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import { ClickHouseAbsentError, failureOf } from '../../lib/clickhouse/errors.ts';
import type { Outgoing } from '../../lib/log/log.ts';
import type { Logger } from '../../lib/observability/logger.ts';
import type { Metrics } from '../../lib/observability/metrics.ts';
import type { createAccess } from './access.ts';
import { type Costs, campaignAccounts, campaignSamples, campaignSavings } from './campaign-details.ts';
import { readClock } from './clock.ts';
import { commandRequest, makeCommand } from './command.ts';
import { endpointStatuses, listEndpoints } from './endpoints.ts';
import { explain, renderExplanation } from './explain.ts';
import {
  deadLetterCounts,
  listCampaigns,
  listDecisions,
  readCampaign,
  recentEdgeActions,
} from './findings.ts';
import type { Attribution, EdgesInProcess } from './main.ts';
import { openApiDocument, sqlBody } from './openapi.ts';
import { readPipeline } from './pipeline.ts';
import { readTraffic, type Traffic } from './traffic.ts';

interface ApiOptions {
  readonly clickhouse: ClickHouse;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly now: () => number;
  readonly status: () => unknown;
  readonly attributions: readonly Attribution[];
  readonly mayCommand: boolean;
  readonly edges: EdgesInProcess | null;
  readonly costs: Costs;
  readonly access: ReturnType<typeof createAccess>;
  send(record: Outgoing<'commands'>): Promise<void>;
}

const trafficQuery = z.object({
  minutes: z.coerce.number().min(1).max(129_600).default(30),
  site: z.string().max(32).optional(),
});
const limitQuery = z.object({ limit: z.coerce.number().int().min(1).max(5000).default(200) });
const decisionsQuery = limitQuery.extend({ state: z.enum(['current', 'all']).default('current') });
const endpointsQuery = limitQuery.extend({
  status: z.enum(['', ...endpointStatuses]).default(''),
});

/** Answers of one page refresh serve every open page. */
const cacheMs = 900;

/**
 * JSON API under /api/v1. Errors are `{detail}`: 400 for the asker's mistakes, 404, 401, 503 while ClickHouse is away.
 */
export function registerApi(app: FastifyInstance, options: ApiOptions): void {
  const { clickhouse, now } = options;
  const cache = new Map<string, { readonly at: number; readonly answer: Promise<unknown> }>();
  const shared = <T>(key: string, make: () => Promise<T>): Promise<T> => {
    const hit = cache.get(key);
    if (hit !== undefined && performance.now() - hit.at < cacheMs) return hit.answer as Promise<T>;
    if (cache.size > 100) cache.clear();
    const answer = make();
    cache.set(key, { at: performance.now(), answer });
    return answer;
  };
  const clock = () => shared('clock', () => readClock(clickhouse, now()));

  app.setErrorHandler((error, request, reply) => answerError(options.logger, error, request.url, reply));
  const callerOf = (request: FastifyRequest) =>
    options.access.callerOf({
      authorization: request.headers.authorization,
      peer: request.socket.remoteAddress ?? '',
      header: (name) => [request.headers[name] ?? []].flat()[0],
    });
  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith('/api/v1/') || callerOf(request).may.has('read')) return;
    return reply.code(401).send({ detail: 'a token is needed' });
  });
  app.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
  });

  app.get('/api/v1/traffic', async (request): Promise<Traffic> => {
    const { minutes, site } = trafficQuery.parse(request.query);
    return shared(`traffic ${minutes} ${site}`, async () =>
      readTraffic(clickhouse, await clock(), { rangeMs: minutes * 60_000, site }),
    );
  });
  app.get('/api/v1/campaigns', async (request) => {
    const { limit } = limitQuery.parse(request.query);
    return shared(`campaigns ${limit}`, async () => ({ campaigns: await listCampaigns(clickhouse, limit) }));
  });
  app.get<{ Params: { id: string } }>('/api/v1/campaigns/:id', async (request, reply) => {
    const found = await readCampaign(clickhouse, await clock(), request.params.id);
    if (found === null) return reply.code(404).send({ detail: `no campaign ${request.params.id}` });
    return { ...found, savings: await campaignSavings(clickhouse, found.campaign, options.costs) };
  });
  app.get<{ Params: { id: string } }>('/api/v1/campaigns/:id/accounts', async (request) => {
    const { limit } = limitQuery.parse(request.query);
    return { accounts: await campaignAccounts(clickhouse, request.params.id, limit) };
  });
  app.get<{ Params: { id: string } }>('/api/v1/campaigns/:id/samples', async (request) => {
    const { limit } = limitQuery.parse(request.query);
    return { samples: await campaignSamples(clickhouse, request.params.id, limit) };
  });
  app.get('/api/v1/decisions', async (request) => {
    const { limit, state } = decisionsQuery.parse(request.query);
    return shared(`decisions ${limit} ${state}`, async () =>
      listDecisions(clickhouse, await clock(), { current: state === 'current', limit }),
    );
  });
  app.get('/api/v1/endpoints', async (request) => {
    const { limit, status } = endpointsQuery.parse(request.query);
    return shared(`endpoints ${limit} ${status}`, () =>
      listEndpoints(clickhouse, { status: status === '' ? null : status, limit }),
    );
  });
  app.get('/api/v1/edges', async () =>
    shared('edges', async () => ({
      edges: options.edges?.list() ?? (await readPipeline(options.metrics)).edges,
      actions: await recentEdgeActions(clickhouse, 100),
    })),
  );
  app.get<{ Params: { name: string } }>('/api/v1/edges/:name/plan', async (request, reply) => {
    const { limit } = limitQuery.parse(request.query);
    const { name } = request.params;
    const known = options.edges?.list().some((edge) => (edge as { name?: unknown }).name === name);
    if (options.edges === null || known !== true)
      return reply.code(404).send({ detail: `this process runs no edge ${name}` });
    return options.edges.plan(name, limit);
  });
  app.get('/api/openapi.json', async () => openApiDocument());
  app.get('/api/v1/pipeline', async () =>
    shared('pipeline', async () => ({
      ...(await readPipeline(options.metrics)),
      dead_letters: await deadLetterCounts(clickhouse),
      store: clickhouse.description,
      status: options.status(),
    })),
  );
  app.get('/api/v1/about', async () => ({
    store: clickhouse.description,
    attributions: options.attributions,
    may_command: options.mayCommand,
  }));
  app.get<{ Params: { reference: string }; Querystring: { format?: string } }>(
    '/api/v1/explain/:reference',
    async (request, reply) => {
      const explanation = await explain(clickhouse, request.params.reference);
      if (explanation === null)
        return reply.code(404).send({ detail: `nothing is known by ${request.params.reference}` });
      return request.query.format === 'text'
        ? reply.type('text/plain; charset=utf-8').send(`${renderExplanation(explanation)}\n`)
        : explanation;
    },
  );
  app.post('/api/v1/sql', async (request) => {
    const { sql } = sqlBody.parse(request.body);
    const { columns, rows, truncated, elapsedMs } = await clickhouse.untrusted(sql);
    return { columns, rows, truncated, elapsed_ms: Math.round(elapsedMs) };
  });
  app.post('/api/v1/commands', async (request, reply) => {
    const caller = callerOf(request);
    if (!caller.may.has('operate')) {
      // Who is known but may only read is told so.
      const code = request.headers.authorization !== undefined && caller.who !== 'anonymous' ? 403 : 401;
      const detail = code === 403 ? 'this token may read only' : 'a token is needed';
      return reply
        .code(code)
        .send({ detail: options.mayCommand ? detail : 'read-only: console.token is not set' });
    }
    const wanted = commandRequest.parse(request.body);
    const who = caller.who === 'console' ? wanted.who : `${caller.who}, ${wanted.who}`;
    const command = await makeCommand(clickhouse, { ...wanted, who: who.slice(0, 200) }, now());
    if (command === null) return reply.code(404).send({ detail: 'no such decision' });
    await options.send(command);
    options.logger.info(
      { 'event.action': `command-${command.value.kind}` },
      `${command.value.kind} by ${command.value.who}: ${command.value.command_id}`,
    );
    return reply.code(202).send({ command_id: command.value.command_id });
  });
}

function answerError(logger: Logger, error: unknown, url: string, reply: FastifyReply): FastifyReply {
  if (error instanceof z.ZodError)
    return reply.code(400).send({
      detail: error.issues
        .map((issue) => `${issue.path.join('.') || 'request'}: ${issue.message}`)
        .join('; '),
    });
  const status = (error as { readonly statusCode?: number }).statusCode;
  const message = error instanceof Error ? error.message : String(error);
  if (status !== undefined && status < 500) return reply.code(status).send({ detail: message });
  if (error instanceof ClickHouseAbsentError) return reply.code(503).send({ detail: message });
  if (failureOf(error) !== 'unavailable' && url.startsWith('/api/v1/sql'))
    return reply.code(400).send({ detail: message });
  logger.warn({ err: error }, `${url.split('?')[0]} failed: ${message}`);
  return reply.code(503).send({ detail: `ClickHouse: ${message}` });
}
