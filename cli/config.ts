import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { clickhouseConfig } from '../lib/clickhouse/config.ts';
import { ConfigError, findConfigFile, parseConfig } from '../lib/config.ts';
import { logConfig } from '../lib/log/config.ts';
import { repeated } from '../lib/repeated.ts';
import { actuatorConfig } from '../services/actuator/config.ts';
import { archiverConfig } from '../services/archiver/config.ts';
import { collectorConfig } from '../services/collector/config.ts';
import { consoleConfig } from '../services/console/config.ts';
import { detectorConfig } from '../services/detector/config.ts';
import { enricherConfig } from '../services/enricher/config.ts';

/** The whole of tidegate.yaml: one section a component, each defined beside the component. */
export const rootConfig = z.strictObject({
  sites: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[a-z0-9-]{1,32}$/, 'a site id is 1 to 32 of a-z, 0-9 and -'),
        hosts: z.array(z.string().min(1)).min(1),
      }),
    )
    .superRefine((sites, context) => {
      for (const index of repeated(sites, ({ id }) => id))
        context.addIssue({
          code: 'custom',
          message: `a second site ${sites[index]!.id}: list its hosts at the first`,
          path: [index, 'id'],
        });
      const hosts = sites.flatMap((site, index) =>
        site.hosts.map((host, at) => ({ id: site.id, host: host.toLowerCase(), path: [index, 'hosts', at] })),
      );
      for (const { id, host, path } of repeated(hosts, ({ host }) => host).map((index) => hosts[index]!)) {
        const [first] = hosts.filter((each) => each.host === host);
        if (first!.id !== id)
          context.addIssue({ code: 'custom', message: `${host} is of site ${first!.id} already`, path });
      }
    })
    .default([])
    .describe(
      'Properties with baselines and policies of their own, by host. Other hosts are site "default".',
    ),
  instance: z.string().min(1).optional().describe('Stable name of this instance; default: the host name.'),
  data_dir: z.string().optional().describe('State of this instance; default: the XDG state folder.'),
  secret: z
    .string()
    .min(32, 'use at least 32 characters, for example openssl rand -hex 32')
    .optional()
    .describe(
      'Keys every hash. The same on all instances; generated and kept in data_dir for a single machine.',
    ),
  log_level: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  ops: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.number().int().min(0).max(65535).default(9464).describe('/metrics, /livez and /readyz'),
    })
    .prefault({}),
  costs: z
    .strictObject({
      per_request: z
        .number()
        .min(0)
        .default(0.0019)
        .describe('What serving one request costs, for estimates of savings.'),
      currency: z.string().default('$'),
    })
    .prefault({}),
  log: logConfig.prefault({}),
  clickhouse: clickhouseConfig.prefault({}),
  collector: collectorConfig.prefault({}),
  enricher: enricherConfig.prefault({}),
  detector: detectorConfig.prefault({}),
  archiver: archiverConfig.prefault({}),
  actuator: actuatorConfig.prefault({}),
  console: consoleConfig.prefault({}),
});

export type RootConfig = z.output<typeof rootConfig>;

export interface LoadedConfig {
  readonly config: RootConfig;
  /** null: no file found, defaults apply. */
  readonly file: string | null;
}

/** `NAME`, or the content of the file that `NAME_FILE` names. */
function environment(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const file = env[`${name}_FILE`];
  if (file !== undefined && file !== '') return readFileSync(file, 'utf8').trim();
  const value = env[name];
  return value === '' ? undefined : value;
}

/** Reads, fills in and checks the configuration. Throws ConfigError with every problem. */
export function loadRootConfig(option: string | undefined, env: NodeJS.ProcessEnv): LoadedConfig {
  const file = findConfigFile(option, env);
  const text = file === null ? '' : readFileSync(file, 'utf8');
  const parsed = parseConfig(rootConfig, { name: file ?? '(defaults)', text }, env);
  const brokers = environment(env, 'TIDEGATE_KAFKA_BROKERS');
  const clickhouseUrl = environment(env, 'TIDEGATE_CLICKHOUSE_URL');
  const level = z
    .enum(['trace', 'debug', 'info', 'warn', 'error'])
    .optional()
    .safeParse(environment(env, 'TIDEGATE_LOG_LEVEL'));
  if (!level.success) throw new ConfigError(['TIDEGATE_LOG_LEVEL: one of trace, debug, info, warn, error']);
  const config: RootConfig = {
    ...parsed,
    log_level: level.data ?? parsed.log_level,
    log:
      brokers === undefined
        ? parsed.log
        : { ...parsed.log, brokers: brokers.split(',').map((broker) => broker.trim()) },
    clickhouse:
      clickhouseUrl === undefined ? parsed.clickhouse : { ...parsed.clickhouse, url: clickhouseUrl },
  };
  return { config, file };
}

export function instanceName(config: RootConfig): string {
  return config.instance ?? hostname();
}

/**
 * The installation secret: from config, else generated once into the state folder. Several machines must share one, so
 * that with brokers given it has to be configured.
 */
export function installationSecret(config: RootConfig, stateFolder: string): Buffer {
  if (config.secret !== undefined) return Buffer.from(config.secret, 'utf8');
  if (config.log.brokers.length > 0) {
    throw new ConfigError([
      'secret: must be set, the same on every instance, when log.brokers is (openssl rand -hex 32)',
    ]);
  }
  const file = join(stateFolder, 'secret');
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  }
  return Buffer.from(readFileSync(file, 'utf8').trim(), 'utf8');
}
