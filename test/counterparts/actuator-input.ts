import { addressTarget, commandRecord, makeCommand } from '../../lib/command.ts';
import type { Command, Verdict } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import type { CheckpointStore } from '../../lib/log/step.ts';
import { silentLogger } from '../../lib/observability/logger.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { targetKey } from '../../lib/target.ts';
import { blockVerdict } from '../../lib/verdict.test-fixture.ts';

/** For tests: what the actuator is given, and what it is told. */

export function contextOf(log: Log): ServiceContext {
  return {
    log,
    logger: silentLogger,
    metrics: createMetrics(),
    instance: 'test',
    secret: Buffer.alloc(32),
    checkpoints: memoryCheckpoints(),
    now: Date.now,
  };
}
function memoryCheckpoints(): CheckpointStore {
  const files = new Map<string, Uint8Array>();
  return {
    storeId: 'memory',
    read: async (name) => files.get(name) ?? null,
    write: async (name, content) =>
      void files.set(name, content instanceof Uint8Array ? content : Buffer.concat([...content])),
    list: async (prefix) => [...files.keys()].filter((name) => name.startsWith(prefix)).sort(),
    delete: async (name) => void files.delete(name),
  };
}

/** A verdict to block the address or network from now on. */
export function verdict(value: string, ttlMs = 3_600_000): Verdict {
  const at = Date.now();
  return blockVerdict(value, at, { ttlMs, first_seen_at: at - 2000, reason: 'failing logins' });
}
/** Appends verdicts and commands to their topics. */
export async function say(log: Log, ...records: (Verdict | Command)[]): Promise<void> {
  const producer = await log.producer('test');
  await producer.send(
    records.map((value) =>
      'verdict_id' in value
        ? { topic: 'verdicts', key: targetKey(value.site, value.target), type: 'Verdict', value }
        : commandRecord(value),
    ),
  );
}
export const command = (
  kind: 'allow' | 'release' | 'block' | 'kill' | 'resume',
  value: string | null,
): Command =>
  makeCommand({
    kind,
    site: 'default',
    target: value === null ? null : addressTarget(value),
    reason: 'a customer called',
    who: 'ada',
    at: Date.now(),
  });
