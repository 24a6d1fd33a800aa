import type { LogConfig } from '../log/config.ts';
import type { Log } from '../log/log.ts';
import { createMemoryLog } from '../log/memory.ts';
import { openLog } from '../log/open.ts';
import type { Logger } from '../observability/logger.ts';
import { findJava, findMaven, minimumJava } from './java.ts';
import { startLocalKafka } from './local-kafka.ts';

export interface ChosenLog {
  readonly log: Log;
  /** What it is: `Apache Kafka 4.4.0 (local, 127.0.0.1:39123)`. */
  readonly description: string;
  /** Why this one, in a few words. */
  readonly reason: string;
  /** Addresses by which others reach it; none: it lives in this process. */
  readonly brokers: readonly string[];
  /** Closes the log and ends the engine that was started for it. */
  stop(): Promise<void>;
}

export interface ChooseLogOptions {
  readonly config: LogConfig;
  /** Data of a local Kafka. */
  readonly dataDir: string;
  /** Where fetched jars are kept. */
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly instance?: string;
  readonly logger?: Logger;
  readonly onProgress?: (message: string) => void;
}

/**
 * Addresses given: these. Else a local Apache Kafka where Java and Maven are found, else the in-process log. `kind`
 * forces one: then what is missing is an error instead of a reason for the next.
 */
export async function chooseLog(options: ChooseLogOptions): Promise<ChosenLog> {
  const { config, env } = options;
  if (config.kind === 'memory') return memory(config, 'asked for');
  if (config.brokers.length > 0) return remote(options);
  const [java, maven] = await Promise.all([findJava(env), findMaven(env)]);
  const missing = java === null ? `no Java ${minimumJava}+ found` : maven === null ? 'no Maven found' : null;
  if (config.kind === 'kafka') {
    if (missing !== null) throw new Error(`log.kind is kafka, log.brokers is empty and ${missing}`);
    return local(options, 'asked for, no brokers given');
  }
  if (missing !== null) return memory(config, `no brokers given, ${missing}`);
  try {
    return await local(options, `no brokers given, Java ${java!.version} and Maven found`);
  } catch (error) {
    const [line] = (error as Error).message.split('\n');
    options.logger?.warn({ error }, 'the local Kafka did not start');
    return memory(config, `the local Kafka did not start: ${line}`);
  }
}

function memory(config: LogConfig, reason: string): ChosenLog {
  const log = createMemoryLog({ trafficPartitions: config.traffic_partitions });
  return { log, description: log.description, reason, brokers: [], stop: () => log.close() };
}

async function remote(options: ChooseLogOptions): Promise<ChosenLog> {
  const log = await openLog(options.config, options);
  const { brokers } = options.config;
  return { log, description: log.description, reason: 'brokers given', brokers, stop: () => log.close() };
}

async function local(options: ChooseLogOptions, reason: string): Promise<ChosenLog> {
  const kafka = await startLocalKafka(options);
  try {
    const { description } = kafka;
    const config: LogConfig = { ...options.config, brokers: [...kafka.brokers], replication_factor: 1 };
    const log = await openLog(config, { ...options, description });
    return {
      log,
      description,
      reason,
      brokers: kafka.brokers,
      stop: async () => {
        await log.close();
        await kafka.stop();
      },
    };
  } catch (error) {
    await kafka.stop();
    throw error;
  }
}
