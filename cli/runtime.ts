import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ClickHouse, openClickHouse } from '../lib/clickhouse/clickhouse.ts';
import { migrate } from '../lib/clickhouse/migrations.ts';
import { type ChosenLog, chooseLog } from '../lib/engines/choose-log.ts';
import { openCheckpointDirectory } from '../lib/log/checkpoint-directory.ts';
import { createLogger, type Logger } from '../lib/observability/logger.ts';
import { createMetrics } from '../lib/observability/metrics.ts';
import type { ServiceContext } from '../lib/service-context.ts';
import { installationSecret, instanceName, type RootConfig } from './config.ts';
import { findPlaces } from './places.ts';
import { version } from './version.ts';

/** Everything that services share in one process, opened once and closed in reverse order. */
export interface Runtime {
  readonly config: RootConfig;
  readonly context: ServiceContext;
  readonly log: ChosenLog;
  /** null unless asked for. */
  readonly clickhouse: ClickHouse | null;
  readonly stateFolder: string;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  readonly config: RootConfig;
  readonly service: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logKind?: 'auto' | 'kafka' | 'memory';
  readonly clickhouse: boolean;
  readonly logger?: Logger;
  readonly stateFolder?: string;
  readonly onProgress?: (message: string) => void;
}

export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { config, env } = options;
  const places = findPlaces(env);
  const stateFolder = options.stateFolder ?? config.data_dir ?? places.state;
  mkdirSync(stateFolder, { recursive: true });
  const logger =
    options.logger ?? createLogger({ service: options.service, version, level: config.log_level });
  const metrics = createMetrics();
  metrics.buildInfo.set(
    { version, revision: env['TIDEGATE_REVISION'] ?? 'unknown', node: process.versions.node },
    1,
  );
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const secret = installationSecret(config, stateFolder);
    const log = await chooseLog({
      config: { ...config.log, kind: options.logKind ?? config.log.kind },
      dataDir: join(stateFolder, 'kafka'),
      cacheDir: places.cache,
      env,
      instance: instanceName(config),
      logger,
      onProgress: options.onProgress ?? (() => {}),
    });
    closers.push(() => log.stop());
    await log.log.ensureTopics();
    let clickhouse: ClickHouse | null = null;
    if (options.clickhouse) {
      clickhouse = await openClickHouse(config.clickhouse, { dataDir: join(stateFolder, 'clickhouse') });
      const opened = clickhouse;
      closers.push(() => opened.close());
      // A server may be away now and come back: the archiver then migrates when it does.
      if (opened.kind === 'embedded') await migrate(opened);
    }
    const checkpoints = await openCheckpointDirectory(join(stateFolder, 'checkpoints'));
    return {
      config,
      log,
      clickhouse,
      stateFolder,
      context: {
        log: log.log,
        logger,
        metrics,
        instance: instanceName(config),
        secret,
        checkpoints,
        now: Date.now,
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
