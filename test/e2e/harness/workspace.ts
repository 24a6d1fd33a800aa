import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** A folder of its own for one test file, removed at the end. */
export interface Workspace {
  readonly folder: string;
  path(...parts: string[]): string;
  /** Writes a configuration file and answers its path. */
  config(name: string, config: object): string;
  remove(): void;
}

export function createWorkspace(name: string): Workspace {
  const folder = mkdtempSync(join(tmpdir(), `tidegate-${name}-`));
  const path = (...parts: string[]): string => join(folder, ...parts);
  return {
    folder,
    path,
    config: (file, config) => {
      writeFileSync(path(file), stringify(config));
      return path(file);
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** The same for every process of a test, as production has it from a secret store. */
export const testSecret = 'a secret that only these tests know, 32 bytes and more';
