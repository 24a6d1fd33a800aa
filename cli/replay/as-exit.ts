import { UnreadableFormatError } from '../../services/collector/formats/catalogue.ts';
import { ExitError } from '../exit-error.ts';
import { isBrokenPipe } from '../line-writer.ts';

/** Of what is read; what can not be written is told by output-files.ts, what is a folder by inspect-inputs.ts. */
const reasons: { readonly [code: string]: string } = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'is a folder',
  EACCES: 'may not be opened',
  EPERM: 'may not be opened',
};

/** What a person can do something about, with the exit code scripts rely on. */
export function asExit(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted === true && signal.reason instanceof ExitError) return signal.reason;
  if (isBrokenPipe(error)) return new ExitError(0, '');
  if (error instanceof UnreadableFormatError) return new ExitError(3, error.message);
  const { code, path } = error as NodeJS.ErrnoException;
  const reason = reasons[code ?? ''];
  return reason === undefined ? error : new ExitError(3, `${path ?? 'input'}: ${reason}`);
}
