import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EdgeError } from '../edge.ts';

/** How often it is looked for new workers. */
const lookEveryMs = 5;
/** A master that has started no worker by then has refused the configuration, or is very busy. */
const suspiciousMs = 2000;

export interface NginxReload {
  /** File with the number of the master. */
  readonly pidFile: string;
  /** Says by an error why nginx would refuse the configuration. */
  readonly test: () => Promise<void>;
  readonly timeoutMs: number;
}

/**
 * Makes a running nginx read its configuration anew, and ends when it has: a master that takes a configuration starts
 * workers for it, and one that refuses it keeps those it had. So nothing else has to read the configuration to know.
 * Throws EdgeError.
 */
export async function reloadNginx(nginx: NginxReload, signal: AbortSignal): Promise<void> {
  const master = await masterOf(nginx.pidFile);
  const before = new Set(await childrenOf(master));
  try {
    process.kill(master, 'SIGHUP');
  } catch (error) {
    throw new EdgeError('unavailable', `cannot signal nginx (${master}): ${(error as Error).message}`, {
      cause: error,
    });
  }
  const signalledAt = performance.now();
  let isTested = false;
  while ((await childrenOf(master)).every((child) => before.has(child))) {
    const waitedMs = performance.now() - signalledAt;
    if (waitedMs > suspiciousMs && !isTested) {
      await nginx.test();
      isTested = true;
    }
    if (waitedMs > nginx.timeoutMs)
      throw new EdgeError('rejected', `nginx (${master}) started no workers within ${nginx.timeoutMs} ms`);
    await sleep(lookEveryMs);
    if (signal.aborted) throw new EdgeError('unavailable', `not waited for nginx (${master})`);
  }
}

/** A file that outlived its nginx may name any other program by now, which a signal would end. */
async function masterOf(pidFile: string): Promise<number> {
  const pid = Number((await readText(pidFile, pidFile)).trim());
  if (!Number.isSafeInteger(pid) || pid < 1)
    throw new EdgeError('unavailable', `${pidFile} holds no process number`);
  const title = await readText(`/proc/${pid}/cmdline`, `process ${pid} of ${pidFile}`);
  if (!title.includes('master process'))
    throw new EdgeError('unavailable', `${pidFile} names process ${pid}, which is no master of nginx`);
  return pid;
}

async function childrenOf(pid: number): Promise<readonly string[]> {
  const text = await readText(`/proc/${pid}/task/${pid}/children`, `the workers of nginx (${pid})`);
  return text.split(' ').filter((child) => child !== '');
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new EdgeError('unavailable', `cannot read ${what}: ${(error as Error).message}`, { cause: error });
  }
}
