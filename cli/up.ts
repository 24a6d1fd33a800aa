import { Command, Option } from 'commander';
import { describedEdges } from '../services/actuator/describe-plan.ts';
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
import { announceRunning, operatorToken } from './running.ts';
import { openRuntime } from './runtime.ts';
import { styled, terminalOf } from './terminal.ts';

/** `tidegate up`: every service in one process, on this machine, until Ctrl-C. */
export function upCommand(): Command {
  return new Command('up')
    .description(
      'run every service in one process: collector, enricher, detector, archiver, actuator, console',
    )
    .addOption(new Option('--log <kind>', 'where events flow').choices(['auto', 'kafka', 'memory']))
    .option('--state <dir>', 'where state is kept (default: data_dir, else the XDG state folder)')
    .action(async (options: { log?: 'auto' | 'kafka' | 'memory'; state?: string }, command: Command) => {
      const { config, file } = loadRootConfig(configFileOption(command), process.env);
      const terminal = terminalOf(process.stderr, process.env);
      const say = (subject: string, text: string): void =>
        console.error(` ${styled(terminal, 'green', '✓')} ${subject.padEnd(12)} ${text}`);
      const runtime = await openRuntime({
        config,
        service: 'up',
        env: process.env,
        clickhouse: true,
        onProgress: (message) => console.error(styled(terminal, 'dim', `   ${message}`)),
        ...(options.log === undefined ? {} : { logKind: options.log }),
        ...(options.state === undefined ? {} : { stateFolder: options.state }),
      });
      let forget = (): void => {};
      process.exitCode = await runServices(runtime, async (group, ops) => {
        const { context, clickhouse } = runtime;
        say('config', file ?? 'no file: defaults (tidegate config print)');
        say('event log', `${runtime.log.description}   ${runtime.log.reason}`);
        say('store', clickhouse!.description);
        await group.start(startArchiver(context, config.archiver, clickhouse!));
        const actuator = await group.start(startActuator(context, config.actuator, { clickhouse }));
        await group.start(startLiveDetector(context, config));
        await group.start(startEnricher(context, config.enricher));
        const collector = await group.start(
          startCollector(context, config.collector, { sites: config.sites }),
        );
        const console_ = await group.start(
          startConsole(
            context,
            { ...config.console, token: config.console.token ?? operatorToken(runtime.stateFolder) },
            {
              clickhouse: clickhouse!,
              status: () => ({
                log: runtime.log.description,
                reason: runtime.log.reason,
                edges: actuator.edges(),
              }),
              edges: describedEdges(actuator),
              costs: config.costs,
              attributions: await attributionsOf(config),
            },
          ),
        );
        say('collector', collector.url === null ? 'files only' : `${collector.url}/v1/events`);
        say('decisions', `${actuator.url}   (plain feed and CrowdSec-compatible API)`);
        say('ops', `${ops.url}/metrics`);
        say('console', styled(terminal, 'bold', console_.url));
        forget = announceRunning(runtime.stateFolder, {
          pid: process.pid,
          consoleUrl: console_.url,
          brokers: runtime.log.brokers,
        });
      });
      forget();
    });
}
