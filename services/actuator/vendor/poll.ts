import { EdgeError } from '../edge.ts';

/** Waits `ms`, or throws when the loop is stopping. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw new EdgeError('unavailable', 'stopping');
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
  if (signal.aborted) throw new EdgeError('unavailable', 'stopping');
}

export interface PollOptions {
  readonly what: string;
  /** First pause; grows by half up to ten times that. */
  readonly everyMs: number;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/** Asks until the answer is not null. Throws EdgeError `unavailable` when that takes too long. */
export async function poll<T>(ask: () => Promise<T | null>, options: PollOptions): Promise<T> {
  const { what, everyMs, withinMs, signal } = options;
  const end = performance.now() + withinMs;
  for (let waitMs = everyMs; ; waitMs = Math.min(everyMs * 10, waitMs * 1.5)) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() + waitMs > end)
      throw new EdgeError('unavailable', `${what} is not done after ${Math.round(withinMs / 1000)} s`);
    await pause(waitMs, signal);
  }
}
