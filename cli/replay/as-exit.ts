import { UnreadableFormatError } from '../../services/collector/formats/catalogue.ts';
import { ExitError } from '../exit-error.ts';
import { isBrokenPipe } from '../line-writer.ts';

/** What a person can do something about, with the exit code scripts rely on. */
export function asExit(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted === true && signal.reason instanceof ExitError) return signal.reason;
  if (isBrokenPipe(error)) return new ExitError(0, '');
  if (error instanceof UnreadableFormatError) return new ExitError(3, error.message);
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR' || code === 'EPERM')
    return new ExitError(
      3,
      `${path ?? 'input'}: ${code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'is a folder' : 'may not be opened'}`,
    );
  return error;
}
