import type { RunningService } from '../lib/lifecycle.ts';
import type { Logger } from '../lib/observability/logger.ts';
import { type OpsServer, startOpsServer } from '../lib/observability/ops-server.ts';
import type { ExitCode } from './exit-error.ts';
import type { Runtime } from './runtime.ts';

/** Services started in order and stopped in reverse, so that a producer stops before what drains it. */
export class ServiceGroup {
  readonly #services: RunningService[] = [];
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get services(): readonly RunningService[] {
    return this.#services;
  }

  async start<S extends RunningService>(starting: Promise<S>): Promise<S> {
    const service = await starting;
    this.#services.push(service);
    this.#logger.debug({ 'event.action': 'service-started' }, `${service.name} started`);
    return service;
  }

  /** Rejects when any service can not go on. */
  failure(): Promise<never> {
    return new Promise((_, reject) => {
      for (const service of this.#services) {
        service.done.catch((error: unknown) => {
          reject(
            new Error(`${service.name}: ${error instanceof Error ? error.message : String(error)}`, {
              cause: error,
            }),
          );
        });
      }
    });
  }

  async stop(): Promise<void> {
    for (const service of this.#services.splice(0).reverse()) {
      try {
        await service.stop();
      } catch (error) {
        this.#logger.error({ err: error }, `${service.name} did not stop cleanly`);
      }
    }
  }
}

/** Resolves with the first of the signals; a second one ends the process at once. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(130);
        asked = true;
        resolve(signal);
      });
    }
  });
}

/**
 * Runs until a signal (exit 0) or until a service fails (exit 1), then stops everything in order.
 * `start` starts the services into the group and may print where they listen.
 */
export async function runServices(
  runtime: Runtime,
  start: (group: ServiceGroup, ops: OpsServer) => Promise<void>,
): Promise<ExitCode> {
  const { logger, metrics } = runtime.context;
  const group = new ServiceGroup(logger);
  const signal = stopSignal();
  let ops: OpsServer | undefined;
  try {
    ops = await startOpsServer({ ...runtime.config.ops, metrics, services: () => group.services });
    await start(group, ops);
    const why = await Promise.race([signal, group.failure()]);
    logger.info({ 'event.action': 'stopping' }, `stopping on ${why}`);
    return 0;
  } catch (error) {
    logger.fatal({ err: error }, error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await group.stop();
    await ops?.close();
    await runtime.close();
  }
}
