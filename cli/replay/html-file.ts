import { writeFileSync } from 'node:fs';
import { cannotBeWritten } from '../output-files.ts';

/** Writes the page of `--html`, in the place of one before. Throws ExitError; the path was checked before the work. */
export function writeHtmlFile(path: string, page: string): void {
  try {
    writeFileSync(path, page, { mode: 0o600 });
  } catch (error) {
    throw cannotBeWritten(path, error);
  }
}
