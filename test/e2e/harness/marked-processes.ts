import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './until.ts';

/**
 * Ids of the processes, beside this one, that have the text in their environment; it is passed on to whatever they
 * start. Empty where the system does not show environments.
 */
function processesMarked(mark: string): string[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(join('/proc', pid, 'environ'), 'latin1').includes(mark);
    } catch {
      return false; // gone in the meantime, or somebody else's
    }
  });
}

/** The guard of a server looks every 100 ms whether the server is gone, and goes then. */
export async function untilNoneMarked(mark: string): Promise<void> {
  let left: string[] = [];
  await until(
    'no process is left',
    () => {
      left = processesMarked(mark);
      return left.length === 0;
    },
    { withinMs: 3000 },
    () =>
      left.map(
        (pid) => `${pid} ${readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ')}`,
      ),
  );
}
