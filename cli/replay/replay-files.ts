import type { Worker } from 'node:worker_threads';
import type { Command } from 'commander';
import { createLogger } from '../../lib/observability/logger.ts';
import { loadRootConfig, type RootConfig, rootConfig } from '../config.ts';
import { configFileOption } from '../config-command.ts';
import { interruptible } from '../interruptible.ts';
import { checkOutputs } from '../output-files.ts';
import { terminalOf } from '../terminal.ts';
import { version } from '../version.ts';
import type { ReplayFlags } from './command.ts';
import { edgePresets } from './edge-presets.ts';
import { lasted } from './figures.ts';
import { writeHtmlFile } from './html-file.ts';
import { renderHtml } from './html-report.ts';
import { checkInputs } from './inspect-inputs.ts';
import { readLabels } from './label-book.ts';
import { lineFormat } from './log-lines.ts';
import { mostlyLost } from './lost-lines.ts';
import { createProgressBar } from './progress-bar.ts';
import { renderSummary } from './render-summary.ts';
import { openReplayOutputs } from './replay-outputs.ts';
import { runReplay } from './run-replay.ts';
import { damagedInput, unreadableInput } from './unreadable-input.ts';

/** A log that is ahead of the clock by more is read, and said to be. */
const noticedAheadMs = 60_000;

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

/**
 * What is read is there, and is not written; all that is written is a file of its own, and can be. Throws ExitError 3 or 2
 * before an output is emptied.
 */
function checkFiles(files: readonly string[], flags: ReplayFlags, configFile: string | null): void {
  checkInputs(flags.labels === undefined ? files : [...files, flags.labels]);
  checkOutputs(
    [
      { as: '--outcomes', path: flags.outcomes },
      { as: '--decisions', path: flags.decisions },
      { as: '--verdicts', path: flags.verdicts },
      { as: '--campaigns', path: flags.campaigns },
      { as: '--at-risk', path: flags.atRisk },
      { as: '--inventory', path: flags.inventory },
      { as: '--rejects', path: flags.rejects },
      { as: '--html', path: flags.html },
    ],
    [
      ...files.map((path) => ({ as: 'input', path })),
      ...flags.proxyFeed.map((path) => ({ as: '--proxy-feed', path })),
      { as: '--labels', path: flags.labels },
      { as: '--baseline', path: flags.baseline },
      { as: '--openapi', path: flags.openapi },
      { as: '--config', path: configFile ?? undefined },
    ],
  );
}

export async function replayFiles(
  files: readonly string[],
  flags: ReplayFlags,
  command: Command,
  thread: Worker | null,
): Promise<void> {
  const loaded = loadRootConfig(configFileOption(command), process.env);
  const config = withFlags(loaded.config, flags);
  checkFiles(files, flags, loaded.file);
  const edge = edgePresets.find(({ name }) => name === flags.edge)!;
  const { format, notes } = lineFormat(config, files, flags);
  // before the work: they may be why it fails
  for (const note of notes) process.stderr.write(`tidegate: ${note}\n`);
  const progress = createProgressBar(process.stderr, terminalOf(process.stderr, process.env));
  await interruptible(async (signal) => {
    try {
      const summary = await runReplay({
        config,
        files,
        format,
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
      // a report about nothing would look like one that found nothing
      if (summary.lines.read === 0) throw unreadableInput({ files, lines: 0, rejections: [] });
      process.stdout.write(
        flags.json === true
          ? `${JSON.stringify(summary, null, 2)}\n`
          : renderSummary(summary, terminalOf(process.stdout, process.env)),
      );
      if (flags.html !== undefined) writeHtmlFile(flags.html, renderHtml(summary));
      const ahead = (summary.period?.until ?? 0) - Date.now();
      if (ahead > noticedAheadMs)
        process.stderr.write(
          `tidegate: the log ends ${lasted(ahead)} after this machine’s clock: is the time zone of its stamps right?\n`,
        );
      if (summary.lines.parsed === 0)
        throw unreadableInput(
          { files, lines: summary.lines.read, rejections: summary.rejections },
          summary.damaged,
        );
      if (summary.damaged.length > 0) throw damagedInput(summary.damaged);
      const lost = mostlyLost(summary.lines);
      if (lost !== null) throw lost;
    } finally {
      progress.clear();
    }
  });
}
