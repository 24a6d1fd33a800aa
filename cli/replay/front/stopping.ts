/**
 * What ends all that a front still waits for when it is stopped in the middle: when detection has failed nobody reads the log,
 * and who waits for it to be relieved would wait, and keep the process, for ever.
 */
export interface Stopping {
  /** Aborted with `signal`, and when the front is stopped. */
  with(signal: AbortSignal | undefined): AbortSignal;
  now(): void;
}

export function createStopping(): Stopping {
  const controller = new AbortController();
  return {
    with: (signal) =>
      signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    now: () => controller.abort(new Error('stopped before the end of the input')),
  };
}
