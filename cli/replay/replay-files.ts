import type { Worker } from 'node:worker_threads';
import type { Command } from 'commander';
import { createLogger } from '../../lib/observability/logger.ts';
import { loadRootConfig, type RootConfig, rootConfig } from '../config.ts';
import { configFileOption } from '../config-command.ts';
import { ExitError } from '../exit-error.ts';
import { interruptible } from '../interruptible.ts';
import { terminalOf } from '../terminal.ts';
import { version } from '../version.ts';
import type { ReplayFlags } from './command.ts';
import { edgePresets } from './edge-presets.ts';
import { openHtmlFile } from './html-file.ts';
import { renderHtml } from './html-report.ts';
import { readLabels } from './label-book.ts';
import { lineFormat } from './log-lines.ts';
import { createProgressBar } from './progress-bar.ts';
import { renderSummary } from './render-summary.ts';
import { openReplayOutputs } from './replay-outputs.ts';
import { runReplay } from './run-replay.ts';

/** Flags that stand for configuration are applied to it, and checked with it. */
function withFlags(config: RootConfig, flags: ReplayFlags): RootConfig {
  const { enricher, detector } = config;
  const feeds = rootConfig.shape.enricher.parse({ data_sets: [...flags.proxyFeed] }).data_sets;
  return {
    ...config,
    detector: {
      ...detector,
      ...(flags.policies === undefined ? {} : { policies: flags.policies }),
      ...(flags.baseline === undefined ? {} : { baseline: flags.baseline }),
    },
    enricher: {
      ...enricher,
      data_sets: [...feeds, ...enricher.data_sets],
      openapi: [
        ...(flags.openapi === undefined
          ? []
          : [{ file: flags.openapi, hosts: [], state: 'current' as const }]),
        ...enricher.openapi,
      ],
    },
  };
}

export async function replayFiles(
  files: readonly string[],
  flags: ReplayFlags,
  command: Command,
  thread: Worker | null,
): Promise<void> {
  const loaded = loadRootConfig(configFileOption(command), process.env);
  const config = withFlags(loaded.config, flags);
  const edge = edgePresets.find(({ name }) => name === flags.edge)!;
  const progress = createProgressBar(process.stderr, terminalOf(process.stderr, process.env));
  await interruptible(async (signal) => {
    try {
      const writeHtml = flags.html === undefined ? null : openHtmlFile(flags.html);
      const summary = await runReplay({
        config,
        files,
        format: lineFormat(config, files, flags),
        edge,
        delayMs: flags.enforcementDelay ?? edge.delayMs,
        slots: flags.edgeCapacity ?? edge.entries,
        warmUp: flags.warmUp,
        thread,
        force: flags.force === true,
        labels: flags.labels === undefined ? null : await readLabels(flags.labels),
        outputs: openReplayOutputs(flags),
        logger: createLogger({
          service: 'replay',
          version,
          level: process.env['TIDEGATE_LOG_LEVEL'] === 'debug' ? 'debug' : 'error',
        }),
        onProgress: progress.update,
        signal,
      });
      progress.clear();
      process.stdout.write(
        flags.json === true
          ? `${JSON.stringify(summary, null, 2)}\n`
          : renderSummary(summary, terminalOf(process.stdout, process.env)),
      );
      writeHtml?.(renderHtml(summary));
      if (summary.lines.read > 0 && summary.lines.parsed === 0)
        throw new ExitError(3, `none of ${summary.lines.read} lines could be read`);
    } finally {
      progress.clear();
    }
  });
}
