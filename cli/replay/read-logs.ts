import { createLogger } from '../../lib/observability/logger.ts';
import type { CollectResult } from '../../services/collector/collect-files.ts';
import type { FormatConfig } from '../../services/collector/config.ts';
import type { Policy } from '../../services/detector/policies/load-policies.ts';
import type { RootConfig } from '../config.ts';
import { terminalOf } from '../terminal.ts';
import { version } from '../version.ts';
import { edgePresets } from './edge-presets.ts';
import { startThread } from './front/start-thread.ts';
import { withFront } from './front/with-front.ts';
import { type InspectedInputs, inspectInputs } from './inspect-inputs.ts';
import { createProgressBar } from './progress-bar.ts';
import { replaySecret } from './replay-secret.ts';
import { type OpenLoopListener, runOpenLoop } from './run-open-loop.ts';

/** Runs logs through the services for what is learned of them, whatever would become of the requests. */
export async function readLogs(options: {
  readonly config: RootConfig;
  /** Ready-made policies instead of those of the configuration. */
  readonly policies?: readonly Policy[];
  readonly files: readonly string[];
  readonly format: FormatConfig;
  /** Who logs. */
  readonly service: string;
  readonly listener: Omit<OpenLoopListener, 'settled'>;
  readonly signal: AbortSignal;
}): Promise<{ readonly collected: CollectResult; readonly damaged: readonly string[] }> {
  const { config, policies, files, format, service, listener, signal } = options;
  const logger = createLogger({ service, version, level: 'error' });
  const progress = createProgressBar(process.stderr, terminalOf(process.stderr, process.env));
  try {
    let inputs: InspectedInputs | undefined;
    const { collected } = await withFront(
      { config, secret: replaySecret(config), logger, thread: startThread(files) },
      async (front) => {
        inputs = await inspectInputs(files, format);
        return runOpenLoop({
          config,
          ...(policies === undefined ? {} : { policies }),
          front,
          files: inputs.files,
          defaultHost: format.host,
          edge: edgePresets[0]!,
          delayMs: 0,
          slots: 0,
          warmUpMs: 0,
          listener: { ...listener, settled: () => undefined },
          logger,
          onProgress: progress.update,
          signal,
        });
      },
    );
    return { collected, damaged: inputs?.damaged() ?? [] };
  } finally {
    progress.clear();
  }
}
