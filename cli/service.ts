import { Command } from 'commander';
import type { RunningService } from '../lib/lifecycle.ts';
import { startActuator } from '../services/actuator/main.ts';
import { startArchiver } from '../services/archiver/main.ts';
import { startCollector } from '../services/collector/main.ts';
import { startConsole } from '../services/console/main.ts';
import { startEnricher } from '../services/enricher/main.ts';
import { attributionsOf } from './attributions.ts';
import { loadRootConfig } from './config.ts';
import { configFileOption } from './config-command.ts';
import { startLiveDetector } from './live-detector.ts';
import { runServices } from './run-services.ts';
import { openRuntime, type Runtime } from './runtime.ts';

interface ServiceDefinition {
  readonly name: string;
  readonly description: string;
  /** `server`: where an address is given; this service does without. */
  readonly clickhouse: boolean | 'server';
  start(runtime: Runtime): Promise<RunningService>;
}

/** One row a service: how production runs it, one process each. */
export const serviceDefinitions: readonly ServiceDefinition[] = [
  {
    name: 'archiver',
    description: 'service: move topics to ClickHouse',
    clickhouse: true,
    start: ({ context, config, clickhouse }) => startArchiver(context, config.archiver, clickhouse!),
  },
  {
    name: 'console',
    description: 'service: web page and JSON API',
    clickhouse: true,
    start: async ({ context, config, clickhouse }) =>
      startConsole(context, config.console, {
        clickhouse: clickhouse!,
        costs: config.costs,
        attributions: await attributionsOf(config),
      }),
  },
  {
    name: 'actuator',
    description: 'service: turn verdicts into decisions and keep edges in step',
    clickhouse: 'server',
    start: ({ context, config, clickhouse }) => startActuator(context, config.actuator, { clickhouse }),
  },
  {
    name: 'detector',
    description: 'service: windows, campaigns, verdicts',
    clickhouse: false,
    start: ({ context, config }) => startLiveDetector(context, config),
  },
  {
    name: 'enricher',
    description: 'service: geography, networks, proxies, endpoints, client traits',
    clickhouse: false,
    start: ({ context, config }) => startEnricher(context, config.enricher),
  },
  {
    name: 'collector',
    description: 'service: HTTP batches, mirrors and log files into the log',
    clickhouse: false,
    start: ({ context, config }) => startCollector(context, config.collector, { sites: config.sites }),
  },
];

export const serviceCommands: readonly (() => Command)[] = [...serviceDefinitions].reverse().map(
  (service) => () =>
    new Command(service.name)
      .description(service.description)
      .action(async (_options: unknown, command: Command) => {
        const { config } = loadRootConfig(configFileOption(command), process.env);
        const runtime = await openRuntime({
          config,
          service: service.name,
          env: process.env,
          clickhouse:
            service.clickhouse === true ||
            (service.clickhouse === 'server' && config.clickhouse.url !== undefined),
        });
        process.exitCode = await runServices(runtime, async (group, ops) => {
          await group.start(service.start(runtime));
          runtime.context.logger.info(
            { 'event.action': 'started' },
            `${service.name} runs; log: ${runtime.log.description}; ops: ${ops.url}`,
          );
        });
      }),
);
