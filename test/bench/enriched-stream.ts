import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type kafkajs from 'kafkajs';
import { generateTraffic } from '../../cli/generate/traffic.ts';
import { writeLabelled } from '../../cli/generate/write-labelled.ts';
import { createCodecs, localSchemaIds } from '../../lib/contracts/codecs.ts';
import type { FetchedMessages } from '../../lib/log/kafka-decode.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { silentLogger } from '../../lib/observability/logger.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { collectFiles, inspectFiles } from '../../services/collector/collect-files.ts';
import { collectorConfig, formatConfig } from '../../services/collector/config.ts';
import { enricherConfig } from '../../services/enricher/config.ts';
import { startEnricher } from '../../services/enricher/main.ts';
import { benchFolder } from './bench-folder.ts';
import type { BenchTraffic } from './bench-traffic.ts';

export const secret = Buffer.alloc(32, 7);

/**
 * One partition of requests.enriched as bytes, made by the real collector and enricher, once: each record is its length
 * (4 bytes, big endian) and what stands in the log.
 */
async function streamFile(traffic: BenchTraffic): Promise<string> {
  const ids = localSchemaIds();
  const name = `enriched-${traffic.scenario}-${traffic.scale}-${ids.writerId('EnrichedRequest')}`;
  const file = join(benchFolder(), `${name}.bin`);
  if (existsSync(file)) return file;
  console.error('bench: collecting and enriching the traffic, once');
  const input = join(benchFolder(), `${traffic.scenario}-${traffic.scale}.ndjson`);
  await writeLabelled(generateTraffic(traffic), 'ndjson', { events: input, labels: null });
  const log = createMemoryLog({ trafficPartitions: 1 });
  const context: ServiceContext = {
    log,
    logger: silentLogger,
    metrics: createMetrics(),
    instance: 'bench',
    secret,
    checkpoints: {
      storeId: 'bench',
      write: async () => {},
      read: async () => null,
      list: async () => [],
      delete: async () => {},
    },
    now: Date.now,
  };
  const codecs = createCodecs(ids);
  const parts: Buffer[] = [];
  let end = 0;
  const tail = await log.tail({
    topic: 'requests.enriched',
    from: 'earliest',
    onBatch: (batch) => {
      for (const record of batch.records) {
        const bytes = codecs.encode(record.type, record.value as never);
        const length = Buffer.alloc(4);
        length.writeUInt32BE(bytes.length);
        parts.push(length, bytes);
      }
      end = batch.nextOffset;
    },
  });
  const enricher = await startEnricher(context, enricherConfig.parse({}));
  const files = await inspectFiles([input], formatConfig.parse({ format: 'ndjson' }));
  await collectFiles(context, collectorConfig.parse({}), { files });
  const target = (await log.status('requests.raw')).endOffsets[0]!;
  while (end < target) await new Promise((resolve) => setTimeout(resolve, 20));
  await enricher.stop();
  await tail.close();
  await log.close();
  writeFileSync(`${file}.part`, Buffer.concat(parts));
  renameSync(`${file}.part`, file);
  rmSync(input);
  return file;
}

export interface EnrichedStream {
  readonly fetches: number;
  /** Fetch `index` as the Kafka client hands it over: made when asked for, as a client does. */
  fetch(index: number): FetchedMessages;
}

/** The stream in fetches of at most `perFetch` records. */
export async function enrichedStream(traffic: BenchTraffic, perFetch: number): Promise<EnrichedStream> {
  const bytes = readFileSync(await streamFile(traffic));
  const places: number[] = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) places.push(at);
  return {
    fetches: Math.ceil(places.length / perFetch),
    fetch: (index) => {
      const first = index * perFetch;
      const last = Math.min(places.length, first + perFetch);
      const messages: kafkajs.KafkaMessage[] = [];
      for (let offset = first; offset < last; offset++) {
        const at = places[offset]! + 4;
        messages.push({
          key: null,
          value: bytes.subarray(at, at + bytes.readUInt32BE(at - 4)),
          timestamp: '0',
          attributes: 0,
          offset: String(offset),
          headers: {},
        });
      }
      return { messages, nextOffset: last, highWatermark: places.length };
    },
  };
}
