import { parentPort } from 'node:worker_threads';
import { createRowPacker } from '../../../lib/contracts/record-rows.ts';
import { failureOf, type RunningService } from '../../../lib/lifecycle.ts';
import type { Log, Subscription } from '../../../lib/log/log.ts';
import { createMemoryLog } from '../../../lib/log/memory.ts';
import { createLogger, type LogLevel } from '../../../lib/observability/logger.ts';
import type { ServiceContext } from '../../../lib/service-context.ts';
import type {
  CollectProgress,
  CollectResult,
  InspectedFile,
  Rejection,
} from '../../../services/collector/collect-files.ts';
import { createFormat } from '../../../services/collector/formats/catalogue.ts';
import { startEnricher } from '../../../services/enricher/main.ts';
import { version } from '../../version.ts';
import { drained, groupReader } from '../readers.ts';
import { replayContext } from '../replay-context.ts';
import { carriedError, carryError } from './carried-error.ts';
import { enrichInput } from './enrich-input.ts';
import type { FrontConfig } from './front.ts';
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

interface FedFile {
  readonly pieces: Extract<ToFront, { kind: 'chunk' | 'end' }>[];
  more(): void;
}

let begun: {
  readonly context: ServiceContext;
  readonly config: FrontConfig;
  readonly enricher: Promise<RunningService>;
} | null = null;

/** Input not yet read, by file. */
const fed: FedFile[] = [];
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
    default: {
      const file = fed[message.file]!;
      file.pieces.push(message);
      file.more();
    }
  }
});

/** Loads data sets: the longest that there is to be done before the first line. */
function begin({ config, secret, logLevel }: FrontSettings): void {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const logger = createLogger({ service: 'replay', version, level: logLevel as LogLevel });
  const context = replayContext(log, logger, Buffer.from(secret));
  const enricher = startEnricher(context, config.enricher);
  enricher.catch(() => {}); // told when there is something to run
  begun = { context, config, enricher };
}

/** A file whose bytes come as messages, from when it is opened on. Several are read at a time: logs of nodes are merged. */
function remoteFile({ name, size, format, formatConfig, firstAt }: FrontFile, file: number): InspectedFile {
  let bytesRead = 0;
  const from: FedFile = { pieces: [], more: () => {} };
  fed[file] = from;
  return {
    input: {
      name,
      size,
      sample: [],
      bytesRead: () => bytesRead,
      async *chunks() {
        tell({ kind: 'open', file });
        for (;;) {
          const message = from.pieces.shift();
          if (message === undefined)
            await new Promise<void>((resolve) => {
              from.more = resolve;
            });
          else if (message.kind === 'chunk') {
            bytesRead = message.bytesRead;
            tell({ kind: 'eaten', file, bytes: message.bytes.length });
            yield Buffer.from(message.bytes.buffer);
          } else if (message.error === null) return;
          else throw carriedError(message.error);
        }
      },
    },
    format: createFormat(format, formatConfig),
    formatConfig,
    firstAt,
    sampleAddresses: [],
  };
}

const forwarder = 'tidegate.replay.front';

/** Sends on what is enriched, as far as the other side takes it. */
function forward(log: Log): Promise<Subscription> {
  const packer = createRowPacker(frontRecords);
  return log.subscribe(forwarder, ['requests.enriched'], {
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
    },
    revoked: async () => {},
  });
}

async function run(files: readonly FrontFile[], defaultHost: string | null): Promise<void> {
  const { context, config, enricher } = begun!;
  let rejections: Rejection[] = [];
  const report = (progress: CollectProgress): void => {
    tell({ kind: 'progress', progress, rejections });
    rejections = [];
  };
  const reading = async (): Promise<CollectResult> => {
    const collected = await enrichInput(context, config, await enricher, {
      files: files.map(remoteFile),
      ...(defaultHost === null ? {} : { defaultHost }),
      onRejected: (rejection) => rejections.push(rejection),
      onProgress: report,
    });
    await drained(context.log, [groupReader(context.log, forwarder, 'requests.enriched')]);
    return collected;
  };
  const { done } = await forward(context.log);
  const result = await Promise.race([reading(), failureOf(done)]);
  report({ ...result });
  const builds = (await context.metrics.databaseBuild.get()).values.map(({ labels, value }) => ({
    database: String(labels.database),
    builtAt: value,
  }));
  tell({ kind: 'done', result, builds });
}
