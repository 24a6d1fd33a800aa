import { statSync } from 'node:fs';
import { type InspectedFile, inspectFiles } from '../../services/collector/collect-files.ts';
import type { FormatConfig } from '../../services/collector/config.ts';
import { isDamage } from '../../services/collector/sources/gunzipped.ts';
import { ExitError } from '../exit-error.ts';
import { asExit } from './as-exit.ts';
import { noLines } from './unreadable-input.ts';

export interface InspectedInputs {
  readonly files: readonly InspectedFile[];
  /** Of each gzip that was cut off or corrupt, as far as it was read by now: what to tell of it. */
  damaged(): readonly string[];
}

/** The files with what their first lines tell, and an eye on damage while they are read. Throws ExitError, naming the file. */
export async function inspectInputs(
  paths: readonly string[],
  config: FormatConfig,
): Promise<InspectedInputs> {
  checkInputs(paths);
  const damaged: string[] = [];
  try {
    const files = await inspectFiles(paths, config);
    if (areBlank(files)) throw noLines(paths);
    return {
      files: files.map((file) => noticing(file, (text) => damaged.push(text))),
      damaged: () => damaged,
    };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const name = paths.length === 1 ? paths[0]! : `one of ${paths.join(', ')}`;
    throw new ExitError(3, `${name}: ${damageOf(error)}: not one line of it could be read`);
  }
}

/** Throws ExitError 3 for what is not there or a folder: of a folder the system says so only when it is read, without a name. */
export function checkInputs(paths: readonly string[]): void {
  for (const path of paths) {
    if (path === '-') continue;
    try {
      if (statSync(path).isDirectory()) throw new ExitError(3, `${path}: is a folder`);
    } catch (error) {
      throw asExit(error);
    }
  }
}

/** Lines of spaces, and nothing else as far as one looked: no requests that could not be read. */
const areBlank = (files: readonly InspectedFile[]): boolean =>
  files.some(({ input }) => input.sample.length > 0) &&
  files.every(({ input }) => input.sample.every((line) => line.trim() === ''));

function noticing(file: InspectedFile, note: (text: string) => void): InspectedFile {
  const { input } = file;
  return {
    ...file,
    input: {
      ...input,
      async *chunks(signal) {
        try {
          yield* input.chunks(signal);
        } catch (error) {
          if (isDamage(error)) note(`${input.name}: ${damageOf(error)}: what came before was read`);
          throw error;
        }
      },
    },
  };
}

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException | null)?.code ?? '');
const damageOf = (error: unknown): string =>
  codeOf(error) === 'Z_BUF_ERROR' ? 'gzip ends early' : 'gzip is damaged';
