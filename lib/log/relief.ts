import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './log.ts';

/** While the log is full: turns of the event loop, then pauses. */
const turns = 100;
const pauseMs = 2;

/** Resolves when the log in this process holds at most so many unread bytes; rejects on abort. */
export async function relieved(log: Log, limitBytes: number, signal?: AbortSignal): Promise<void> {
  for (let turn = 0; log.pressure() > limitBytes; turn++)
    await (turn < turns ? breathe() : sleep(pauseMs, undefined, { signal }));
}
