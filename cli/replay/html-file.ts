import { closeSync, openSync, writeFileSync } from 'node:fs';
import { type ExitCode, ExitError } from '../exit-error.ts';

/**
 * The page of `--html`. The path is tried before the work begins, because a replay of an hour should not end with it;
 * the page is written when everything else was said.
 */
export function openHtmlFile(path: string): (page: string) => void {
  const attempt = (code: ExitCode, action: () => void): void => {
    try {
      action();
    } catch (error) {
      throw new ExitError(code, `--html can not be written: ${(error as Error).message}`);
    }
  };
  attempt(2, () => closeSync(openSync(path, 'a', 0o600)));
  return (page) => attempt(1, () => writeFileSync(path, page, { mode: 0o600 }));
}
