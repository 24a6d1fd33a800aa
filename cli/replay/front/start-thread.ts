import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/** Beside this module in a build; there is none where sources are run as they are (tests). */
const script = fileURLToPath(new URL('./front-worker.js', import.meta.url));

/** Below this a thread takes longer to start than it saves. */
const worthwhileBytes = 2 * 1024 * 1024;

/**
 * A thread for what comes before detection (front-thread.ts), where there is any use in it; else null. It needs nothing to
 * begin loading its code, so it is started before this one loads its own.
 */
export function startThread(files: readonly string[]): Worker | null {
  if (availableParallelism() < 2 || !existsSync(script) || !areWorthwhile(files)) return null;
  // flags of this process that concern code, such as --import, are not for the other
  return new Worker(script, { execArgv: [] });
}

/** What has no size, such as a pipe, may be long; what is missing is told when it is opened. */
function areWorthwhile(files: readonly string[]): boolean {
  let bytes = 0;
  for (const file of files) {
    const status = statSync(file, { throwIfNoEntry: false });
    if (status?.isFile() !== true) return true;
    bytes += status.size;
  }
  return bytes >= worthwhileBytes;
}
