import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findJava, findMaven } from '../../lib/engines/java.ts';
import { startLocalKafka } from '../../lib/engines/local-kafka.ts';
import { requireCounterpart } from './counterpart.ts';

/** Jars are shared by all test runs and by `tidegate up`. */
export const testCacheDir: string = join(
  process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
  'tidegate',
);

/** null when a real Kafka can be started here, else why not (an error with CI=true). */
export async function localKafkaMissing(): Promise<string | null> {
  const found = (await findJava(process.env)) !== null && (await findMaven(process.env)) !== null;
  return requireCounterpart('Java 17+ and Maven (for Apache Kafka)', found, 'install openjdk-17 and maven');
}

/** A fresh broker with its data in the temporary folder, removed by `stop`. */
export async function startTestKafka(): Promise<{
  readonly brokers: readonly string[];
  stop(): Promise<void>;
}> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidegate-kafka-'));
  const kafka = await startLocalKafka({ dataDir, cacheDir: testCacheDir, env: process.env });
  return {
    brokers: kafka.brokers,
    stop: async () => {
      await kafka.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
