/**
 * Waits for all of them, also when one fails, so that `afterAll` finds whatever did start and can stop it. Throws the
 * first failure.
 */
export async function allStarted(...starting: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(starting))
    if (result.status === 'rejected') throw result.reason;
}
