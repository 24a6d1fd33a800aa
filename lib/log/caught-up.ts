/**
 * What whoever waits for a tail is given: reading that has ended, by a failure or a close, will reach nothing more. Nobody
 * has to wait, so a rejection that nobody looks at is none.
 */
export function caughtUpOrDone(caughtUp: Promise<void>, done: Promise<void>): Promise<void> {
  const either = Promise.race([caughtUp, done]);
  either.catch(() => {});
  return either;
}
