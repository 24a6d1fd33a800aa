/** Longest timer of Node. */
const longestMs = 2 ** 31 - 1;

/** A loop's way to sleep until something happens. */
export interface Waker {
  /** Ends the running wait, or the next one when none is running. */
  wake(): void;
  /** Waits at most `ms`; `early`: a wake ends it. */
  wait(ms: number, signal: AbortSignal, early: boolean): Promise<void>;
  /** Waits `ms`, unless aborted, and forgets the wakes until its end: what follows sees their cause. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

export function createWaker(): Waker {
  let woken = false;
  let onWake = (): void => {};

  const sleep = (ms: number, signal: AbortSignal, early: boolean): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted || (early && woken)) return resolve();
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        onWake = () => {};
        resolve();
      };
      const timer = setTimeout(end, Math.min(ms, longestMs));
      signal.addEventListener('abort', end, { once: true });
      if (early) onWake = end;
    });
  return {
    wake() {
      woken = true;
      onWake();
    },
    wait: sleep,
    async pause(ms, signal) {
      await sleep(ms, signal, false);
      woken = false;
    },
  };
}
