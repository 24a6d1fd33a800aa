import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

/** What a wait needs to know of a process: whether it still runs, and its last words. */
export interface Watched {
  readonly name: string;
  /** null while it runs, else how it ended. */
  ended(): string | null;
  /** Its last log lines. */
  tail(): string;
}

export interface UntilOptions {
  readonly withinMs: number;
  readonly everyMs?: number;
  /** A wait is given up at once when one of them ends; their last lines are part of the failure message. */
  readonly watch?: readonly Watched[] | (() => readonly Watched[]);
}

/**
 * Asks `probe` again and again until it answers something other than null, undefined or false. A probe that throws has
 * not succeeded yet. The failure says what was waited for, what was seen last, and what the processes said.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  options: UntilOptions,
  state: () => unknown = () => undefined,
): Promise<T> {
  const { withinMs, everyMs = 100 } = options;
  const watched = (): readonly Watched[] =>
    typeof options.watch === 'function' ? options.watch() : (options.watch ?? []);
  const deadline = performance.now() + withinMs;
  let error: unknown;
  const failure = (why: string): Error => {
    const seen = state();
    return new Error(
      [
        `${what}: ${why}`,
        ...(seen === undefined
          ? []
          : [`last seen: ${typeof seen === 'string' ? seen : inspect(seen, { depth: 4 })}`]),
        ...(error === undefined
          ? []
          : [`last error: ${error instanceof Error ? error.message : String(error)}`]),
        ...watched().map(
          (process) => `── ${process.name}${process.ended() ?? ' (running)'}\n${process.tail()}`,
        ),
      ].join('\n'),
    );
  };
  for (;;) {
    try {
      error = undefined;
      const answer = await probe();
      if (answer !== null && answer !== undefined && answer !== false) return answer;
    } catch (thrown) {
      error = thrown;
    }
    const dead = watched().find((process) => process.ended() !== null);
    if (dead !== undefined) throw failure(`${dead.name} ended${dead.ended()}`);
    if (performance.now() > deadline) throw failure(`not within ${withinMs / 1000} s`);
    await sleep(everyMs);
  }
}
