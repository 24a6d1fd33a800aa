import type { Logger } from '../../../lib/observability/logger.ts';
import type { ServiceContext } from '../../../lib/service-context.ts';
import type { CollectOptions, CollectResult } from '../../../services/collector/collect-files.ts';
import type { RootConfig } from '../../config.ts';

/** What is read, and who is told. */
export type FrontInput = Pick<
  CollectOptions,
  'files' | 'defaultHost' | 'onRejected' | 'onProgress' | 'signal'
>;

/** What comes before detection: reading, collecting, enriching. In this thread or in one of its own, it is the same. */
export interface Front {
  /** Input to its end into requests.enriched; resolves when all of it is there. Once. */
  run(context: ServiceContext, input: FrontInput): Promise<CollectResult>;
  stop(): Promise<void>;
}

export type FrontConfig = Pick<RootConfig, 'collector' | 'enricher' | 'sites'>;

export interface FrontOptions {
  readonly config: FrontConfig;
  readonly secret: Buffer;
  readonly logger: Logger;
}
