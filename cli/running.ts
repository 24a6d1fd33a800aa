import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a running `tidegate up` (or demo) leaves in its state folder for other commands to find. */
export interface RunningInstance {
  readonly pid: number;
  readonly consoleUrl: string;
  /** Of its Kafka; absent: its log lives in its process. */
  readonly brokers?: readonly string[];
}

const fileName = 'running.json';

export function announceRunning(stateFolder: string, instance: RunningInstance): () => void {
  const file = join(stateFolder, fileName);
  writeFileSync(file, JSON.stringify(instance), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** The instance that uses this state folder now, or null; a file left behind by a killed process does not count. */
export function findRunning(stateFolder: string): RunningInstance | null {
  const file = join(stateFolder, fileName);
  if (!existsSync(file)) return null;
  try {
    const instance = JSON.parse(readFileSync(file, 'utf8')) as RunningInstance;
    process.kill(instance.pid, 0);
    return instance;
  } catch {
    return null;
  }
}

/** The token with which commands on this machine may operate a running instance: readable by its owner alone. */
export function operatorToken(stateFolder: string): string {
  const file = join(stateFolder, 'operator-token');
  if (!existsSync(file))
    writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
  return readFileSync(file, 'utf8').trim();
}
