import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * One rule for every real counterpart that integration tests talk to (nginx, CrowdSec, moto, Kafka, ClickHouse ...):
 * it is found in PATH or in the folder that scripts/install-counterparts.sh fills. Where it is missing, CI fails, and a
 * developer's machine skips with a message that names what to install.
 */

/** Where scripts/install-counterparts.sh puts things. */
export const counterpartsFolder: string = join(
  process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
  'tidegate',
  'counterparts',
);

/** Debian packages unpacked without installing them. */
export const unpackedRoot: string = join(counterpartsFolder, 'root');

/** Full path of an executable: PATH first, then the unpacked packages, then the given folders. null when nowhere. */
export function findBinary(name: string, ...more: readonly string[]): string | null {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...['usr/sbin', 'usr/bin', 'sbin', 'bin', 'usr/local/bin'].map((folder) => join(unpackedRoot, folder)),
    ...more,
  ];
  for (const folder of folders)
    if (folder !== '' && existsSync(join(folder, name))) return join(folder, name);
  return null;
}

/** Environment in which a binary of the unpacked packages finds its libraries. */
export function unpackedEnvironment(): NodeJS.ProcessEnv {
  const libraries = ['usr/lib', 'lib'].flatMap((folder) =>
    ['x86_64-linux-gnu', 'aarch64-linux-gnu', ''].map((triple) => join(unpackedRoot, folder, triple)),
  );
  const present = libraries.filter((folder) => existsSync(folder));
  const inherited = process.env['LD_LIBRARY_PATH'];
  return {
    ...process.env,
    ...(present.length > 0
      ? { LD_LIBRARY_PATH: [...present, ...(inherited ? [inherited] : [])].join(delimiter) }
      : {}),
  };
}

/**
 * Answers null when the counterpart is there, else why the test is skipped; with CI=true a missing counterpart throws,
 * so that nothing is skipped there. Use: `describe.skipIf(reason !== null)(...)` after printing the reason.
 */
export function requireCounterpart(name: string, found: unknown, install?: string): string | null {
  if (found !== null && found !== undefined && found !== false) return null;
  const message = `${name} not found: ${install ?? 'run scripts/install-counterparts.sh'}`;
  if (process.env['CI'] === 'true') throw new Error(`${message} (CI=true: nothing may be skipped)`);
  process.stderr.write(`skipped: ${message}\n`);
  return message;
}
