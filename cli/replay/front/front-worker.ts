import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { createRowPacker } from '../../../lib/contracts/record-rows.ts';
import type { RunningService } from '../../../lib/lifecycle.ts';
import { createMemoryLog } from '../../../lib/log/memory.ts';
import { createLogger, type LogLevel } from '../../../lib/observability/logger.ts';
import { createMetrics } from '../../../lib/observability/metrics.ts';
import type { ServiceContext } from '../../../lib/service-context.ts';
import {
  type CollectProgress,
  collectFiles,
  type InspectedFile,
  type Rejection,
} from '../../../services/collector/collect-files.ts';
import { createFormat } from '../../../services/collector/formats/catalogue.ts';
import { startEnricher } from '../../../services/enricher/main.ts';
import { version } from '../../version.ts';
import { noCheckpoints } from '../no-checkpoints.ts';
import { carriedError, carryError } from './carried-error.ts';
import {
  type FromFront,
  type FrontFile,
  type FrontSettings,
  frontRecords,
  type ToFront,
} from './messages.ts';

/** Rows sent and not yet taken, in batches. */
const batchesAhead = 4;

// The other side of front-thread.ts: the collector and the enricher on a log of their own.
const port = parentPort!;
const tell = (message: FromFront, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

const log = createMemoryLog({ trafficPartitions: 1 });
const contextOf = ({ logLevel, instance, secret }: FrontSettings): ServiceContext => ({
  log,
  logger: createLogger({ service: 'replay', version, level: logLevel as LogLevel }),
  metrics: createMetrics(),
  instance,
  secret: Buffer.from(secret),
  checkpoints: noCheckpoints,
  now: Date.now,
});
let begun: {
  readonly context: ServiceContext;
  readonly settings: FrontSettings;
  readonly enricher: Promise<RunningService>;
} | null = null;

/** Input not yet read. */
const fed: Extract<ToFront, { kind: 'chunk' | 'end' }>[] = [];
let more = () => {};
/** Batches of rows on their way. */
let onTheWay = 0;
let taken = () => {};

port.on('message', (message: ToFront) => {
  switch (message.kind) {
    case 'settings':
      begin(message.settings);
      break;
    case 'run':
      run(message.files, message.defaultHost).catch((error: unknown) =>
        tell({ kind: 'failed', error: carryError(error) }),
      );
      break;
    case 'taken':
      onTheWay--;
      taken();
      break;
    default:
      fed.push(message);
      more();
  }
});

/** Loads data sets: the longest that there is to be done before the first line. */
function begin(settings: FrontSettings): void {
  const context = contextOf(settings);
  const enricher = startEnricher(context, settings.enricher);
  enricher.catch(() => {}); // told when there is something to run
  begun = { context, settings, enricher };
}

/** A file whose bytes come as messages. Files are read one after the other, in the order of their messages. */
function remoteFile({ name, size, format, formatConfig }: FrontFile): InspectedFile {
  let bytesRead = 0;
  return {
    input: {
      name,
      size,
      sample: [],
      bytesRead: () => bytesRead,
      async *chunks() {
        for (;;) {
          const message = fed.shift();
          if (message === undefined)
            await new Promise<void>((resolve) => {
              more = resolve;
            });
          else if (message.kind === 'chunk') {
            bytesRead = message.bytesRead;
            tell({ kind: 'eaten', bytes: message.bytes.length });
            yield Buffer.from(message.bytes.buffer);
          } else if (message.error === null) return;
          else throw carriedError(message.error);
        }
      },
    },
    format: createFormat(format, formatConfig),
    formatConfig,
    firstAt: null,
    sampleAddresses: [],
  };
}

async function run(files: readonly FrontFile[], defaultHost: string | null): Promise<void> {
  const { context, settings } = begun!;
  const enricher = await begun!.enricher;
  let passed = 0;
  const packer = createRowPacker(frontRecords);
  await log.subscribe('tidegate.replay.front', ['requests.enriched'], {
    assigned: async () => 'earliest',
    batch: async (batch, commit) => {
      while (onTheWay >= batchesAhead)
        await new Promise<void>((resolve) => {
          taken = resolve;
        });
      for (const { type, value } of batch.records) packer.add(type, value);
      const rows = packer.take();
      onTheWay++;
      tell({ kind: 'rows', rows }, [rows.words.buffer, rows.doubles.buffer, rows.bytes.buffer]);
      await commit(batch.nextOffset);
      passed = batch.nextOffset;
    },
    revoked: async () => {},
  });
  let rejections: Rejection[] = [];
  const report = (progress: CollectProgress): void => {
    tell({ kind: 'progress', progress, rejections });
    rejections = [];
  };
  const result = await Promise.race([
    collectFiles(context, settings.collector, {
      files: files.map(remoteFile),
      sites: settings.sites,
      ...(defaultHost === null ? {} : { defaultHost }),
      onRejected: (rejection) => rejections.push(rejection),
      onProgress: report,
    }),
    enricher.done.then(() => new Promise<never>(() => {})),
  ]);
  const { endOffsets } = await log.status('requests.raw');
  const all = async (): Promise<boolean> =>
    ((await log.committed('tidegate.enricher', 'requests.raw'))[0]?.offset ?? 0) >= endOffsets[0]! &&
    passed >= (await log.status('requests.enriched')).endOffsets[0]!;
  while (!(await all())) await sleep(1);
  report({ ...result });
  const builds = (await context.metrics.databaseBuild.get()).values.map(({ labels, value }) => ({
    database: String(labels.database),
    builtAt: value,
  }));
  tell({ kind: 'done', result, builds });
}
