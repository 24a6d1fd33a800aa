import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Ids of the processes, beside this one, that have the text in their environment; it is passed on to whatever they
 * start. Empty where the system does not show environments.
 */
export function processesMarked(mark: string): string[] {
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
