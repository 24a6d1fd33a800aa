import type { Logger } from '../observability/logger.ts';
import type { LogConfig } from './config.ts';
import { openKafkaLog } from './kafka.ts';
import type { ManagedLog, TopicPlanRow } from './topic-plan.ts';

export type { ManagedLog, TopicPlanRow } from './topic-plan.ts';

/** Opens the log at the configured brokers. `chooseLog` (lib/engines) decides where there are none. */
export async function openLog(
  config: LogConfig,
  options: { readonly instance?: string; readonly logger?: Logger; readonly description?: string } = {},
): Promise<ManagedLog> {
  if (config.brokers.length === 0) throw new Error('log.brokers is empty: there is nothing to connect to');
  return openKafkaLog({ ...options, config });
}

/** What `topics apply` would do. */
export function planTopics(log: ManagedLog): Promise<readonly TopicPlanRow[]> {
  return log.planTopics();
}

/** Creates missing topics and registers schemas; answers the rows it carried out. */
export function applyTopics(log: ManagedLog): Promise<readonly TopicPlanRow[]> {
  return log.applyTopics();
}
