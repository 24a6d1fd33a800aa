import { ExitError } from './exit-error.ts';
import { asExit } from './replay/as-exit.ts';

const signals = ['SIGINT', 'SIGTERM'] as const;

/**
 * Does something that SIGINT or SIGTERM ends early: the signal it is given aborts, it tidies up after itself, and the
 * command ends with exit code 130, as a shell says of what was interrupted. A second SIGINT ends the process at once.
 * Rejects with what `asExit` makes of an error.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const interrupt = () => abort.abort(new ExitError(130, 'interrupted'));
  for (const signal of signals) process.once(signal, interrupt);
  try {
    return await work(abort.signal);
  } catch (error) {
    throw asExit(error, abort.signal);
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}
