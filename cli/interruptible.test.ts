import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ExitError } from './exit-error.ts';
import { interruptible } from './interruptible.ts';

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the work, which tidies up first', async (signal) => {
  const before = process.listenerCount(signal);
  let tidied = false;
  const work = interruptible(async (aborted) => {
    try {
      process.emit(signal);
      await sleep(60_000, undefined, { signal: aborted });
    } finally {
      tidied = true;
    }
  });
  await expect(work).rejects.toMatchObject({ code: 130, message: 'interrupted' });
  await expect(work).rejects.toBeInstanceOf(ExitError);
  expect(tidied).toBe(true);
  expect(process.listenerCount(signal)).toBe(before);
});

test('what is not interrupted answers or fails as it is', async () => {
  expect(await interruptible(async () => 7)).toBe(7);
  const failure = new Error('of its own');
  await expect(interruptible(() => Promise.reject(failure))).rejects.toBe(failure);
});
