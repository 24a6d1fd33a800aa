import type { Log } from './log/log.ts';
import type { CheckpointStore } from './log/step.ts';
import type { Logger } from './observability/logger.ts';
import type { Metrics } from './observability/metrics.ts';

/**
 * What every service is given by whoever starts it (`up`, `replay`, or its own command). Services open nothing of this
 * themselves and close nothing of it.
 */
export interface ServiceContext {
  readonly log: Log;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Stable name of this instance (host name, or pod ordinal): owns checkpoints, appears in the audit. */
  readonly instance: string;
  /** 32 bytes, the same on every instance: keys SipHash everywhere and, through HKDF, the collector's HMAC keys. */
  readonly secret: Buffer;
  readonly checkpoints: CheckpointStore;
  /** Wall clock in epoch ms: a parameter, so that tests and replay own it. Detection never reads it. */
  readonly now: () => number;
}
