import type { Worker } from 'node:worker_threads';
import type { Front, FrontOptions } from './front.ts';
import { createFrontHere } from './front-here.ts';
import { createFrontThread } from './front-thread.ts';

/** A front while it is used: in the thread that was started for it, else in this one. */
export async function withFront<T>(
  options: FrontOptions & { readonly thread: Worker | null },
  use: (front: Front) => Promise<T>,
): Promise<T> {
  const { thread } = options;
  const front = thread === null ? createFrontHere(options.config) : createFrontThread(options, thread);
  try {
    return await use(front);
  } finally {
    await front.stop();
  }
}
