import type { RequestEvent, Tick } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { recordsOf } from '../../lib/log/read-topic.ts';
import type { CheckpointStore } from '../../lib/log/step.ts';
import { silentLogger } from '../../lib/observability/logger.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import type { ServiceContext } from '../../lib/service-context.ts';

/** Checkpoints that live as long as the test. */
export function memoryCheckpoints(): CheckpointStore {
  const files = new Map<string, Uint8Array>();
  return {
    storeId: 'memory',
    write: async (name, content) =>
      void files.set(name, content instanceof Uint8Array ? content : Buffer.concat([...content])),
    read: async (name) => files.get(name) ?? null,
    list: async (prefix) => [...files.keys()].filter((name) => name.startsWith(prefix)),
    delete: async (name) => void files.delete(name),
  };
}

/** A service context over the encoding in-process log: what is sent is also what Avro can carry. */
export function testContext(change: Partial<ServiceContext> = {}): ServiceContext {
  return {
    log: createMemoryLog({ trafficPartitions: 4, encoded: true }),
    logger: silentLogger,
    metrics: createMetrics(),
    instance: 'test-1',
    secret: Buffer.alloc(32, 9),
    checkpoints: memoryCheckpoints(),
    now: () => Date.now(),
    ...change,
  };
}

export async function eventsOf(log: Log): Promise<readonly RequestEvent[]> {
  return (await recordsOf(log, 'requests.raw')).flatMap((record) =>
    record.type === 'RequestEvent' ? [record.value] : [],
  );
}

export async function ticksOf(log: Log, partition: number): Promise<readonly Tick[]> {
  return (await recordsOf(log, 'requests.raw')).flatMap((record) =>
    record.type === 'Tick' && record.partition === partition ? [record.value] : [],
  );
}
