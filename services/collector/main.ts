import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { RunningService } from '../../lib/lifecycle.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import type { CollectorConfig, SiteConfig } from './config.ts';
import type { Intake } from './pipeline.ts';
import { createSourceSetup, type SourceSetup } from './source-setup.ts';
import { followFile } from './sources/follow.ts';
import { registerHttpSource } from './sources/http.ts';
import { registerMirrorSource } from './sources/mirror.ts';
import { createPositionKeeper } from './sources/positions.ts';

export interface RunningCollector extends RunningService {
  /** Where batches and mirrored requests are taken; null when http and mirror are off. */
  readonly url: string | null;
}

/** How often live sources look at the clock: a tick is at most this late. */
const tickEveryMs = 200;

/** Starts every configured source. Each source class has its own clock, order and ticks. */
export async function startCollector(
  context: ServiceContext,
  config: CollectorConfig,
  options: { readonly sites?: readonly SiteConfig[] } = {},
): Promise<RunningCollector> {
  const { logger } = context;
  const setup = await createSourceSetup(context, config, options.sites ?? []);
  const overloaded = (): boolean => context.log.pressure() > config.max_log_bytes;
  const stopping = new AbortController();
  const live: Intake[] = [];
  let problem: string | null = null;
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});

  const server = await startServer(context, config, setup, live, overloaded);
  const url =
    server === null ? null : await server.listen({ host: config.http.host, port: config.http.port });

  const followers: Promise<void>[] = [];
  for (const file of config.files) {
    const intake = await setup.intake({
      sourceId: file.id,
      sourceClass: `file:${file.id}`,
      mode: 'file',
      latenessMs: file.lateness,
      defaultHost: file.host,
    });
    const follower = followFile({
      config: file,
      maxLineBytes: config.max_line_bytes,
      intake,
      positions: createPositionKeeper(context.checkpoints, context.instance, file.id),
      logger,
      overloaded,
      now: context.now,
      signal: stopping.signal,
    });
    follower.catch(fail);
    followers.push(follower);
  }

  const timer = setInterval(() => {
    for (const intake of live) {
      intake.idle(true);
      intake.flush().then(
        () => {
          problem = null;
        },
        (error: unknown) => {
          if (problem === null) logger.error({ error }, 'the log does not acknowledge');
          problem = 'the log does not acknowledge';
        },
      );
    }
  }, tickEveryMs);

  let stopped: Promise<void> | undefined;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    try {
      await server?.close(); // waits for the batches at work
      stopping.abort();
      await Promise.allSettled(followers);
      for (const intake of live) {
        intake.end();
        await intake.flush();
      }
    } finally {
      await setup.close();
      finish();
    }
    const unknown = setup.unknownFields.counts();
    if (unknown.length > 0)
      logger.info(
        { 'event.action': 'unknown-fields', labels: Object.fromEntries(unknown) },
        'fields not used',
      );
    finish();
  };
  const done = Promise.race([finished, failed]);
  done.catch(() => {}); // whoever waits for it hears of it
  if (url !== null) logger.info({ 'event.action': 'listening' }, `collector listens on ${url}`);
  return {
    name: 'collector',
    url,
    notReady: () => problem,
    done,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

async function startServer(
  context: ServiceContext,
  config: CollectorConfig,
  setup: SourceSetup,
  live: Intake[],
  overloaded: () => boolean,
): Promise<FastifyInstance | null> {
  if (!config.http.enabled && !config.mirror.enabled) return null;
  const server = Fastify({
    loggerInstance: context.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.http.max_body_bytes,
    requestTimeout: 60_000,
    forceCloseConnections: 'idle',
  }) as unknown as FastifyInstance;
  if (config.http.enabled) {
    const intake = await setup.intake({
      sourceId: 'http',
      sourceClass: 'http',
      mode: 'live',
      latenessMs: config.http.lateness,
    });
    live.push(intake);
    registerHttpSource(server, {
      config: config.http,
      maxLineBytes: config.max_line_bytes,
      intake,
      overloaded,
    });
  }
  if (config.mirror.enabled) {
    const intake = await setup.intake({
      sourceId: 'mirror',
      sourceClass: 'mirror',
      mode: 'live',
      latenessMs: config.mirror.lateness,
      trusted: config.mirror.from,
    });
    live.push(intake);
    registerMirrorSource(server, {
      config: config.mirror,
      intake,
      overloaded,
      refused: (reason) => context.metrics.eventsRejected.inc({ source: 'mirror', reason }),
      instance: context.instance,
      now: context.now,
    });
  }
  return server;
}
