import type { Log } from '../../lib/log/log.ts';
import type { CheckpointStore } from '../../lib/log/step.ts';
import type { Logger } from '../../lib/observability/logger.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import type { ServiceContext } from '../../lib/service-context.ts';

/** In the memory log the process is the durability: nothing is ever read back. */
const noCheckpoints: CheckpointStore = {
  storeId: 'replay',
  write: async () => {},
  read: async () => null,
  list: async () => [],
  delete: async () => {},
};

/** What services are given in replay, in whichever thread. */
export function replayContext(log: Log, logger: Logger, secret: Buffer): ServiceContext {
  return {
    log,
    logger,
    metrics: createMetrics(),
    instance: 'replay',
    secret,
    checkpoints: noCheckpoints,
    now: Date.now,
  };
}
